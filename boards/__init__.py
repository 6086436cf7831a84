"""Communication between host and watch: board files, serial protocols, the console client and the virtual watch."""
