"""The fixed-point arithmetic of TensorFlow Lite's reference kernels."""
