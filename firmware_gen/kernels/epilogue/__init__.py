"""Epilogues: what is applied to the results of a layer before they are stored."""
