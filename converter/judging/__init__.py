"""Judging speech: who speaks, what is measured of it, and the page that shows it. `converter.evaluate` puts them together."""
