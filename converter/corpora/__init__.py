"""Training texts and recordings of them."""
