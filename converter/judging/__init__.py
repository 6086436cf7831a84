"""Judge speech: the speakers, the measures, and the page that shows them. `converter.judging.evaluate` combines
them.
"""
