"""Feature extraction from recordings."""
