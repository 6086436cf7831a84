"""Reading audio files and checking recordings."""
