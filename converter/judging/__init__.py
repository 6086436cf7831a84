"""Scoring of speech: speakers, measures and an HTML page with the results.

`converter.judging.evaluate` combines them.
"""
