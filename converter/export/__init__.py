"""Exporting a trained student to a voice folder."""
