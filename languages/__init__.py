"""The bundled language packs, each of which is a folder of data (docs/explanation/text.md)."""
