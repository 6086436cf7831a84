"""Building language packs from named sources: letter alignment, network training and lexicon selection."""
