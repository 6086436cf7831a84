"""Run vendors' flashing tools as subprocesses, and read their output line by line."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable

from ticktalk.boards.deadline import in_time
from ticktalk.boards.errors import DeviceError, MissingToolError
from ticktalk.boards.line import Connection
from ticktalk.system import processes

LONGEST = 4096  # maximum characters per line; longer lines are split
MOST = 1 << 21  # maximum characters per command; sftool and esptool print a few thousand

ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def find_tool(name: str, install: str, module: bool = False) -> list[str]:
    """Return the command that starts the tool, which is a Python module or a program on the PATH.

    Raises `MissingToolError` if the tool is not installed.
    """
    if module and importlib.util.find_spec(name):
        return [sys.executable, "-m", name]
    if found := shutil.which(name):
        return [found]
    raise MissingToolError(f"{name} is not installed: {install}")


def run_tool(command: list[str], line: Callable[[str], None], port: Connection) -> int:
    """Run a tool and return its exit status. `line` is called with each line of output, without escape sequences.

    A carriage return also ends a line, because progress displays overwrite themselves. The tool uses `port` while it
    runs. Raises `OverdueError` if the tool is still running at the deadline of `port`, and `DeviceError` if the tool
    prints too much."""
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
    ) as process:  # in text mode, CR also ends a line
        late = threading.Timer(in_time(port, threading.TIMEOUT_MAX), process.kill)
        late.daemon = True
        late.start()
        assert process.stdout is not None  # stdout=PIPE above
        printed = 0
        try:
            while text := process.stdout.readline(LONGEST):
                if (printed := printed + len(text)) > MOST:
                    name = command[2] if command[1:2] == ["-m"] else os.path.basename(command[0])
                    raise DeviceError(f"{port.port}: {name} produces endless output; check its version")
                line(ESCAPES.sub("", text).strip())
            process.wait()
        except BaseException:
            process.end()
            raise
        finally:
            late.cancel()
    in_time(port, 0.0)
    return process.returncode
