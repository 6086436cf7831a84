"""Language packs, data only (docs/explanation/text.md)."""
