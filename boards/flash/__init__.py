"""The engine behind `flash --board NAME`: plan, identify, send what is new, verify, reset, and check what
runs.

It takes a finished image, and knows protocols only as loader.Loader. If the running firmware takes updates
itself, it is asked before the boot loader (console/updater.py). The final report repeats what the device said
and never guesses.
"""

from ticktalk.boards.flash.engine import flash
from ticktalk.boards.flash.planning import plan

__all__ = ["flash", "plan"]
