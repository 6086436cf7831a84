"""`python -m ticktalk`."""

from ticktalk.entry import main

main()
