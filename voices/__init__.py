"""The bundled voices: data, one folder each."""
