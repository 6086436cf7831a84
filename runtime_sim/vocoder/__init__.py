"""The vocoder in integers: synthesis, FFT and tables."""
