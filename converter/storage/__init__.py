"""Files that training stores (shards and checkpoints), and the cluster that computes shards."""
