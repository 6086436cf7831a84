"""The bundled voices, one folder of data each."""
