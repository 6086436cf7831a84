"""Files of a training: shards, checkpoints; and the cluster that makes shards."""
