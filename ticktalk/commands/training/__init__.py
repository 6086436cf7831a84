"""Commands for creating voices and language packs."""
