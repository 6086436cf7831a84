"""The C of a language pack: its tables, its lexicon compressed (docs/explanation/text.md)."""
