"""From a TTS model to int8 firmware for a watch: the command line. It parses, calls the rooms and shows
(docs/architecture.md)."""

__version__ = "0.1.0"
