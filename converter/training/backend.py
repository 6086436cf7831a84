"""The library that Keras computes with."""

import os


def use_jax() -> None:
    """Let Keras compute with JAX, unless the environment names another library. Call this before importing Keras."""
    os.environ.setdefault("KERAS_BACKEND", "jax")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
