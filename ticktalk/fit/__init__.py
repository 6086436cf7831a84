"""Estimate on which boards a voice fits, keeps up with speech, and how long a battery lasts."""
