"""What belongs to one language: the texts that are drawn for it, and how it is told from others."""
