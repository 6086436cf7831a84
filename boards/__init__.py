"""The cable: one TOML a board, the serial protocols, the console client, the virtual watch."""
