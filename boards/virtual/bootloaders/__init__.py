"""The device's side of each boot loader protocol, and a watch with it: `<name>_watch` in <name>.py."""
