"""Language packs, data only (docs/text.md)."""
