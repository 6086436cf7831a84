"""Texts to train on and recordings of them."""
