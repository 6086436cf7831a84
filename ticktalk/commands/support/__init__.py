"""What several commands share: options, and what a person sees."""
