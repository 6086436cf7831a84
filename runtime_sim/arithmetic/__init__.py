"""Fixed-point arithmetic of TensorFlow Lite's reference kernels."""
