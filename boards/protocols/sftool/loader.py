"""Flash a SiFli chip through the vendor's program sftool.

The implementation follows sftool's documentation and has never been tested on a chip.

sftool has no command that only identifies the chip. Instead, `probe` reads a few bytes, for which sftool
loads a program into the chip's RAM. Because sftool cannot compare flash without sending the image, every byte
is written each time.
"""

import tempfile
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError, UnpluggedError, VerifyError
from ticktalk.boards.images.regions import Region
from ticktalk.boards.line import Line
from ticktalk.boards.ports import lent
from ticktalk.boards.protocols.loader import Progress, Update
from ticktalk.boards.protocols.vendor_tool import find_tool, run_tool

CHIP = "SF32LB52"
INSTALL = "cargo install sftool, or a release of github.com/OpenSiFli/sftool on the PATH"
LOOK = 256  # bytes to read in `probe`


def line_seconds(size: int, board: Board) -> float:
    """Return the estimated seconds for transmitting `size` bytes without compression."""
    return size * 10 / board.bauds[0]


class SftoolClient:
    """Runs sftool commands on an open port, which sftool uses while it runs."""

    def __init__(self, port: Line):
        self._port = port
        self.resent = 0  # always 0: sftool does not report retries
        self.wire = 0  # uncompressed image bytes; sftool does not report the compressed size

    def run(self, after: str, *arguments: str) -> str:
        """Run a command and return its output. `after` is "no_reset" or "soft_reset".

        Raises `DeviceError` with a message that starts with the port.
        """
        tool = find_tool("sftool", INSTALL)
        lines: list[str] = []
        with lent(self._port):
            status = run_tool(
                [
                    *tool,
                    "-c",
                    CHIP,
                    "-p",
                    self._port.port,
                    "-b",
                    str(self._port.baudrate),
                    "--after",
                    after,
                    "-q",
                    *arguments,
                ],
                lines.append,
                self._port,
            )
        if status:
            said = "; ".join(line.removeprefix("Error: ") for line in lines if line and line != "Caused by:")
            raise DeviceError(f"{self._port.port}: sftool: {said or f'exit status {status}'}")
        return "\n".join(lines)


class SftoolLoader:
    """Implements loader.Loader."""

    def __init__(self, port: Line, board: Board):
        self._port, self._board, self.client = port, board, SftoolClient(port)

    def probe(self) -> dict | None:
        """Return the name of the boot loader if sftool can read from the slot, otherwise None."""
        with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
            try:
                self.client.run("no_reset", "read_flash", f"{folder}/look.bin@{self._board.slot_address:#x}:{LOOK:#x}")
            except UnpluggedError:
                raise
            except DeviceError:
                return None
        return {"loader": f"ROM of an {CHIP} through sftool"}

    def runs(self, update: Update) -> bool:
        """Return False, because sftool cannot report which image is in flash."""
        return False

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """Return False, because sftool cannot compare flash without sending the image."""
        return False

    def write(self, update: Update, progress: Progress) -> None:
        """Write and verify the whole image. The chip restarts afterwards."""
        total = len(update.data)
        progress(0, total)
        with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
            file = Path(folder, "image.bin")
            file.write_bytes(update.data)
            try:
                self.client.run("soft_reset", "write_flash", "--verify", f"{file}@{self._board.slot_address:#x}")
            except UnpluggedError:
                raise
            except DeviceError as error:
                raise (VerifyError if "erif" in str(error) else DeviceError)(f"{error}; flash again") from None
        self.client.wire += total
        progress(total, total)

    def verify(self, update: Update) -> str:
        """Return a description of how `write` verified the image."""
        return "sftool verified the checksum of the flash contents"

    def start(self, update: Update) -> None:
        """Do nothing, because sftool has already restarted the chip."""

    def running(self) -> bytes | None:
        """Return None, because the ROM has exited."""
        return None
