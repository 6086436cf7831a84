"""Read audio files and check recordings."""
