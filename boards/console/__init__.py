"""The console of a ticktalk firmware, and updates through it."""
