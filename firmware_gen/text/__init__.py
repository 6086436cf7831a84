"""The C of a language pack: its tables, its lexicon compressed (docs/text.md)."""
