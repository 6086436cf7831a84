"""Compile graphs and voices to C code for the watch."""
