"""Scoring speech: the speakers, the measures and the page that presents them.

`converter.judging.evaluate` combines them.
"""
