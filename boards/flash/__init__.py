"""The engine of `flash --board NAME`: identifies, updates, verifies and resets a device, and checks which image runs.

The engine takes a finished image, and accesses protocols only through loader.Loader. If the running firmware
supports updates (console/updater.py), the engine uses the firmware instead of the boot loader. The result contains only
facts that the device has reported.
"""

from ticktalk.boards.flash.engine import flash
from ticktalk.boards.flash.planning import plan

__all__ = ["flash", "plan"]
