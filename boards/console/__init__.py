"""Talks to the console of a ticktalk firmware, and updates the firmware through it."""
