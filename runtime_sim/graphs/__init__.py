""".tflite files as graphs."""
