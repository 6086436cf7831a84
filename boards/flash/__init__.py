"""The engine behind `flash --board NAME`: plan, identify, send what is new, verify, reset, and see what runs.

It takes a finished image and knows protocols only as loader.Loader; a firmware that takes updates itself is asked
before the boot loader (console/updater.py). What it says at the end is what the device said, never a guess."""

from ticktalk.boards.flash.engine import flash
from ticktalk.boards.flash.planning import plan

__all__ = ["flash", "plan"]
