"""The type of what keras.ops takes and gives: arrays of Keras' backend, which have no common class."""

from keras import KerasTensor as Tensor

__all__ = ["Tensor"]
