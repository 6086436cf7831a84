"""The type of the arguments and results of keras.ops: the backend's own arrays, which have no common base class."""

from keras import KerasTensor as Tensor

__all__ = ["Tensor"]
