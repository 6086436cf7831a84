"""Firmware images: formats, signatures, regions, and a cache of images sent before."""
