"""Audio files and what is wrong with a recording."""
