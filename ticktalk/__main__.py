"""`python -m ticktalk`."""

from ticktalk.start import main

main()
