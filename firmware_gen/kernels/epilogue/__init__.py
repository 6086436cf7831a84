"""Epilogues: operators applied to a layer's results before they are stored."""
