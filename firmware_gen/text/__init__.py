"""Export a language pack to C tables, including its compressed lexicon (docs/explanation/text.md)."""
