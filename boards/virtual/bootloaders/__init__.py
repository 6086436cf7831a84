"""The device's side of each boot loader protocol."""
