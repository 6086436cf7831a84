"""Estimate on which boards a voice fits and keeps up with speech, and how long a battery lasts."""
