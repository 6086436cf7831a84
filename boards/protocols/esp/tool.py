"""esptool as a program, because of its licence: what is asked of it, what it says, its errors as ours.

Its stub, a program that it loads into the chip's RAM, is left out (--no-stub): what flashes is the ROM, as it is tried.
A port without reset lines is a pseudo-terminal: there a person, or a simulation, has brought the chip into its ROM."""

import re
from collections.abc import Callable
from pathlib import Path

from ticktalk.boards.errors import BoardsError, DeviceError, MissingToolError, PortError
from ticktalk.boards.line import Line
from ticktalk.boards.ports import is_pseudo, lent
from ticktalk.boards.protocols.vendor_tool import find_tool, run_tool
from ticktalk.system.installing import pip_install

INSTALL = pip_install("esp")
ATTEMPTS = 3  # of reaching the ROM, each with a reset of its own
TRIES = 3  # of a command that noise broke off: esptool gives up at the first answer that it cannot read
NOISY = re.compile(
    r"No more data to read|Invalid (head of packet|SLIP)|(transfer|stream) stopped|\(result was \w+: Unknown result\)"
    r"|Response doesn't match request|byte status response"
)


class NobodyThere(DeviceError):
    """No ROM answers; it may be at another speed, or an application is running."""


class EspTool:
    """Runs commands on the chip behind an open port, which it borrows meanwhile. `chip`: esptool's name of what it must
    be."""

    def __init__(self, port: Line, chip: str):
        self._port, self._chip = port, chip
        self.resent = 0  # commands that had to be run again; of what esptool repeats itself it does not tell
        self.wire = 0  # bytes of images that it says it sent, compressed

    def run(
        self,
        *arguments: str | Path,
        leave: bool = False,
        line: Callable[[str], None] = lambda line: None,
    ) -> list[str]:
        """The lines of a command. `leave`: reset into the application afterwards. Raises a BoardsError that begins with
        the port; one that was broken off by noise is run again."""
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
            said[-1] if said else "it says nothing",
        )
        if wrong := re.search(r"This chip is (\S+), not (\S+)\. Wrong chip argument", failure):
            return DeviceError(
                f"{port}: the chip is an {wrong[1]}, not an {wrong[2]}; choose another --port or --board"
            )
        if "busy or doesn't exist" in failure:
            return PortError(f"{port}: esptool cannot open it; is the cable in, does another program have it open?")
        if "Failed to connect" in failure:
            return NobodyThere(f"{port}: no ROM answers esptool ({failure.removeprefix('Failed to connect to ')})")
        if any("No such option" in text or "No such command" in text for text in said):
            return MissingToolError(f"this esptool is too old: {INSTALL}")
        return DeviceError(f"{port}: esptool: {failure}; run again, with a lower --baud if the line is bad")
