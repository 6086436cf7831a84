"""Everything between host and watch: board files, serial protocols, the console client, the virtual watch."""
