"""From a teacher to a finished voice: corpus, features, student, training, int8, quality scores."""
