"""Firmware images: their formats, signatures, regions, and those sent before."""
