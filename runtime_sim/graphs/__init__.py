"""Read .tflite files as graphs."""
