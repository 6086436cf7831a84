"""The bundled language packs, one folder of data each (docs/explanation/text.md)."""
