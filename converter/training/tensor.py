"""The type of keras.ops' arguments and results: arrays of Keras' backend, which share no class."""

from keras import KerasTensor as Tensor

__all__ = ["Tensor"]
