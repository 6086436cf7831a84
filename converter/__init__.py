"""Turn a teacher into a finished voice: corpus, features, student, training, int8, quality scores."""
