"""Judging speech: who speaks, what is measured of it, and the page that shows it. `ticktalk.converter.judging.evaluate`
puts them together."""
