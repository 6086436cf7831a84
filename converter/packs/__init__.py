"""Language packs made from named sources: alignment, training of the network, choice of the lexicon."""
