"""What training keeps on disk: shards, checkpoints; and the cluster that makes shards."""
