"""Compiles graphs and voices to C for the watch: memory plan, packed weights, templates and the build."""
