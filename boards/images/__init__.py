"""Firmware images: formats, signatures, regions, and a cache of recently flashed images."""
