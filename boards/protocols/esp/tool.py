"""Run esptool, as an external program because of its licence, and convert its errors.

The option --no-stub disables esptool's stub, a program in the chip's RAM. The ROM itself then does the
flashing, as it does in the tests. A pseudo-terminal has no reset lines, so the chip on it must already be in
download mode.
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
ATTEMPTS = 3  # connection attempts, each with a reset
TRIES = 3  # tries per command, because esptool stops at the first corrupted response
NOISY = re.compile(
    r"No more data to read|Invalid (head of packet|SLIP)|(transfer|stream) stopped|\(result was \w+: Unknown result\)"
    r"|Response doesn't match request|byte status response"
)


class NobodyThere(DeviceError):
    """The ROM does not respond, because it uses another baud rate or an application is running."""


class EspTool:
    """Runs esptool commands on an open port, which esptool uses while it runs.

    `chip` is esptool's name for the expected chip.
    """

    def __init__(self, port: Line, chip: str):
        self._port, self._chip = port, chip
        self.resent = 0  # number of repeated commands; esptool does not report its own retries
        self.wire = 0  # compressed image bytes, as reported by esptool

    def run(
        self,
        *arguments: str | Path,
        leave: bool = False,
        line: Callable[[str], None] = lambda line: None,
    ) -> list[str]:
        """Run a command and return its lines of output. If `leave` is true, reset into the application afterwards.

        A command that fails because of noise is retried. Raises a `BoardsError` whose message starts with the
        port.
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
            return PortError(f"{port}: esptool cannot open it; check the cable, and close programs that are using it")
        if "Failed to connect" in failure:
            return NobodyThere(f"{port}: the ROM does not respond ({failure.removeprefix('Failed to connect to ')})")
        if any("No such option" in text or "No such command" in text for text in said):
            return MissingToolError(f"this esptool is too old: {INSTALL}")
        return DeviceError(
            f"{port}: esptool: {failure}; run the command again, with a lower --baud if the line is noisy"
        )
