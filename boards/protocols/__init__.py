"""How a boot loader is talked to: one folder a protocol, each with the host's side."""
