"""Files that training keeps (shards, checkpoints), and the cluster that makes shards."""
