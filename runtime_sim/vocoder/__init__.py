"""The integer vocoder: synthesis, FFT and tables."""
