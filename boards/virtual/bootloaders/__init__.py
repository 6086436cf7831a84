"""The device side of each boot loader protocol, with a function `<name>_watch` that creates a watch."""
