"""Entry point of `python -m ticktalk`."""

from ticktalk.start import main

main()
