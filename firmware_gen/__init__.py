"""Compile graphs and voices to C for the watch."""
