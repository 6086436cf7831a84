"""What a student learns from, taken from recordings."""
