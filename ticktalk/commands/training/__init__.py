"""Commands for makers of voices and language packs."""
