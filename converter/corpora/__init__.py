"""Training sentences and their recordings."""
