"""The client of the firmware's console, and firmware updates through it."""
