"""The engine of `flash --board NAME`: identify the device, send what has changed, verify, reset, and check what runs.

The engine takes a finished image, and accesses protocols only through loader.Loader. If the running firmware
can update itself, the engine prefers that to the boot loader (console/updater.py). The result contains only
what the device has reported.
"""

from ticktalk.boards.flash.engine import flash
from ticktalk.boards.flash.planning import plan

__all__ = ["flash", "plan"]
