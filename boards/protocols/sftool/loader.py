"""Flashes a SiFli chip through sftool, a program of the vendor, by its documented command line. This has
never been tried on a chip.

sftool has no command that only asks who is there. Reading a few bytes serves instead, which loads its program
into the chip's RAM. sftool cannot tell what is in flash without sending it, so every byte is written each
time.
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
LOOK = 256  # bytes to read to see who is there


def line_seconds(size: int, board: Board) -> float:
    """Seconds for the line, assuming no compression."""
    return size * 10 / board.bauds[0]


class SftoolClient:
    """Runs commands on the chip behind an open port, which is lent to sftool meanwhile."""

    def __init__(self, port: Line):
        self._port = port
        self.resent = 0  # sftool does not report it
        self.wire = 0  # bytes of images, uncompressed; sftool does not report the compressed size

    def run(self, after: str, *arguments: str) -> str:
        """Return what a command prints. `after`: "no_reset" or "soft_reset". Raises DeviceError that begins
        with the port."""
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
            raise DeviceError(f"{self._port.port}: sftool: {said or f'it ended with status {status}'}")
        return "\n".join(lines)


class SftoolLoader:
    """See loader.Loader."""

    def __init__(self, port: Line, board: Board):
        self._port, self._board, self.client = port, board, SftoolClient(port)

    def probe(self) -> dict | None:
        """Whether sftool can read a few bytes of the slot."""
        with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
            try:
                self.client.run("no_reset", "read_flash", f"{folder}/look.bin@{self._board.slot_address:#x}:{LOOK:#x}")
            except UnpluggedError:
                raise
            except DeviceError:
                return None
        return {"loader": f"ROM of an {CHIP} through sftool"}

    def runs(self, update: Update) -> bool:
        """False: this can never be known."""
        return False

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """False: sftool compares only what it writes."""
        return False

    def write(self, update: Update, progress: Progress) -> None:
        """Write and verify in one go. The chip restarts afterwards."""
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
        """Nothing to do: sftool has verified already."""
        return "sftool compared the checksum of what is in flash"

    def start(self, update: Update) -> None:
        """Nothing to do: sftool has restarted the chip."""

    def running(self) -> bytes | None:
        """None: the ROM is gone."""
        return None
