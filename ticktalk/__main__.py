"""`python -m ticktalk`."""

from ticktalk.cli import app

app(prog_name="ticktalk")
