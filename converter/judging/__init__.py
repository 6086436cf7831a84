"""Score speech: speakers, measures and the page that presents the results.

`converter.judging.evaluate` combines them.
"""
