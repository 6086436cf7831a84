"""The device's side of each boot loader protocol, and the watch that has it: `<name>_watch` in <name>.py."""
