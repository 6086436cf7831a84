"""Extracting from recordings the features that a student learns."""
