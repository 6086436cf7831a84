"""Tests of the rules that remove what does not change a result."""
