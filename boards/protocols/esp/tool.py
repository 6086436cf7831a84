"""Runs esptool as a separate program, because of its licence: its commands, its output, and its errors as
ours.

Its stub, a program that it loads into the chip's RAM, is not used (--no-stub): the ROM itself flashes, as
tested. A port without reset lines is a pseudo-terminal; there, a person or a simulation has put the chip into
its ROM.
"""

import re
from collections.abc import Callable
from pathlib import Path

from ticktalk.boards.errors import BoardsError, DeviceError, MissingToolError, PortError
from ticktalk.boards.line import Line
from ticktalk.boards.ports import is_pseudo, lent
from ticktalk.boards.protocols.vendor_tool import find_tool, run_tool
from ticktalk.system.installing import pip_install

INSTALL = pip_install("esp")
ATTEMPTS = 3  # tries to reach the ROM, each with its own reset
TRIES = 3  # tries for a command that noise interrupts: esptool gives up at the first unreadable answer
NOISY = re.compile(
    r"No more data to read|Invalid (head of packet|SLIP)|(transfer|stream) stopped|\(result was \w+: Unknown result\)"
    r"|Response doesn't match request|byte status response"
)


class NobodyThere(DeviceError):
    """No ROM answers. It may use another speed, or an application may be running."""


class EspTool:
    """Runs commands on the chip behind an open port, which is lent to esptool meanwhile. `chip`: esptool's
    name for the expected chip."""

    def __init__(self, port: Line, chip: str):
        self._port, self._chip = port, chip
        self.resent = 0  # commands that had to be run again; esptool does not report its own retries
        self.wire = 0  # compressed bytes of images, as esptool reports them

    def run(
        self,
        *arguments: str | Path,
        leave: bool = False,
        line: Callable[[str], None] = lambda line: None,
    ) -> list[str]:
        """Return the lines that a command prints. `leave`: reset into the application afterwards.

        Raises a BoardsError that begins with the port. A command that noise interrupted is run again.
        """
        before, after = ("no-reset", "watchdog-reset") if is_pseudo(self._port) else ("default-reset", "hard-reset")
        tool = find_tool("esptool", INSTALL, module=True)

        def heard(text: str) -> None:
            lines.append(text)
            if wrote := re.match(r"Wrote (\d+) bytes(?: \((\d+) compressed\))? at", text):
                self.wire += int(wrote[2] or wrote[1])
            line(text)

        for attempt in range(TRIES):
            lines: list[str] = []
            self.resent += attempt > 0
            with lent(self._port):
                status = run_tool(
                    [
                        *tool,
                        "--chip",
                        self._chip,
                        "--port",
                        self._port.port,
                        "--baud",
                        str(self._port.baudrate),
                        "--no-stub",
                        "--connect-attempts",
                        str(ATTEMPTS),
                        "--before",
                        before,
                        "--after",
                        after if leave else "no-reset",
                        *map(str, arguments),
                    ],
                    heard,
                    self._port,
                )
            if not status:
                return lines
            error = self._error(lines)
            if isinstance(error, NobodyThere) or not any(map(NOISY.search, lines)):
                break
        raise error

    def _error(self, lines: list[str]) -> BoardsError:
        port = self._port.port
        said = [text for text in lines if text]
        failure = next(
            (text.split("A fatal error occurred:")[1].strip() for text in said if "A fatal error occurred:" in text),
            said[-1] if said else "no output",
        )
        if wrong := re.search(r"This chip is (\S+), not (\S+)\. Wrong chip argument", failure):
            return DeviceError(
                f"{port}: the chip is an {wrong[1]}, not an {wrong[2]}; choose another --port or --board"
            )
        if "busy or doesn't exist" in failure:
            return PortError(f"{port}: esptool cannot open it; check the cable, and close other programs that use it")
        if "Failed to connect" in failure:
            return NobodyThere(f"{port}: no ROM answers esptool ({failure.removeprefix('Failed to connect to ')})")
        if any("No such option" in text or "No such command" in text for text in said):
            return MissingToolError(f"this esptool is too old: {INSTALL}")
        return DeviceError(f"{port}: esptool: {failure}; run again, with a lower --baud if the line is bad")
