"""Turn a teacher into a finished voice: record a corpus, extract features, train and quantise the student, and score
the result.
"""
