"""Store shards and checkpoints on disk, and compute shards on a cluster."""
