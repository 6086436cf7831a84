"""Vendors' flashing tools, run as programs: their output line by line, their failure as text."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable

from ticktalk.boards.deadline import Deadline
from ticktalk.boards.errors import MissingToolError
from ticktalk.system import processes

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def find_tool(name: str, install: str, module: bool = False) -> list[str]:
    """How to start it: as a module of this Python, else the program of that name on the PATH. Raises
    MissingToolError."""
    if module and importlib.util.find_spec(name):
        return [sys.executable, "-m", name]
    if found := shutil.which(name):
        return [found]
    raise MissingToolError(f"{name} is not installed: {install}")


def run_tool(command: list[str], line: Callable[[str], None], deadline: Deadline) -> int:
    """Run it, give each line that it prints to `line`, without colours and when it comes; its exit status.

    A line ends with CR or LF: progress goes over itself. Raises DeviceError for one that runs beyond the deadline.
    """
    environment = os.environ | {"NO_COLOR": "1", "TERM": "dumb", "PYTHONUNBUFFERED": "1", "COLUMNS": "400"}
    with processes.Child(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:  # text: CR counts as an end of line
        late = threading.Timer(deadline.seconds, process.kill)
        late.start()
        try:
            for text in process.stdout:
                line(ESCAPES.sub("", text).strip())
            process.wait()
        except BaseException:
            process.end()
            raise
        finally:
            late.cancel()
    deadline.check()
    return process.returncode
