"""Extract what a student learns from recordings."""
