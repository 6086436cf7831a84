"""Training texts and their recordings."""
