"""Build language packs from named sources: align letters, train the network and select the lexicon."""
