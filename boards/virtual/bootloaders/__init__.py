"""The device side of each boot loader protocol. The function `<name>_watch` creates a watch."""
