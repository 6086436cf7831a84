"""The type of keras.ops' arguments and results: the backend's own arrays, which have no common base class."""

from keras import KerasTensor as Tensor

__all__ = ["Tensor"]
