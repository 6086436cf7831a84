"""Firmware images: formats, signatures, regions, and a cache of recently flashed images."""

DEFAULT_VERSION = "0.1.0"  # of an image whose version nobody chose
