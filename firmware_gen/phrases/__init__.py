"""Fixed phrases, numbers and times as phoneme ids, for firmware without a text front end."""
