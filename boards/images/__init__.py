"""Firmware images: formats, signatures, regions, and a cache of recently flashed images."""

DEFAULT_VERSION = "0.1.0"  # version of an image if none is specified
