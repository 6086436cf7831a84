"""Flash an ESP32 through esptool. Blocks of the application's partition are compared by MD5."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError, VerifyError
from ticktalk.boards.images.esp import CHIPS
from ticktalk.boards.images.regions import Region
from ticktalk.boards.line import Line
from ticktalk.boards.protocols.esp.tool import EspTool, NobodyThere
from ticktalk.boards.protocols.loader import Progress, Update

BLOCK = 1024  # image bytes per request to the ROM
TURNAROUND = 0.002  # assumed seconds from a block's last byte to its response, for time estimates only
SECTOR_SECONDS = 0.045  # assumed seconds to erase and write 4096 bytes


def line_seconds(size: int, board: Board) -> float:
    """Return the estimated seconds for transmitting `size` bytes without compression and writing them."""
    blocks = -(-size // BLOCK)
    return blocks * ((BLOCK + 40) * 10 / board.bauds[0] + TURNAROUND) + -(-size // board.page_size) * SECTOR_SECONDS


class EspLoader:
    """Implements loader.Loader."""

    def __init__(self, port: Line, board: Board):
        self._port, self._board, self.client = port, board, EspTool(port, CHIPS[board.need_chip().ids[0]])
        self._offset = board.slot_address - board.flash.address  # offset of the partition in the flash chip
        self._held: frozenset[Region] | None = None

    def probe(self) -> dict | None:
        """Return the chip type, the MAC address and the flash size. For a chip of a different type, esptool reports an
        error."""
        try:
            lines = self.client.run("flash-id")
        except NobodyThere:
            return None
        told = {key.strip(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
        chip, mac, size = told.get("Chip type", ""), told.get("MAC", ""), told.get("Detected flash size", "")
        if not mac:
            raise DeviceError(
                f"{self._port.port}: esptool does not report the chip's MAC address; "
                "check whether download mode is locked"
            )
        about: dict[str, str | int] = {"loader": f"{chip} ROM, through esptool", "id": mac}
        if found := re.fullmatch(r"(\d+)MB", size):
            flash_bytes = about["flash_bytes"] = int(found[1]) << 20
            if flash_bytes < self._board.flash.size:
                raise DeviceError(
                    f"{self._port.port}: the chip has {size} of flash, but {self._board.name} has "
                    f"{self._board.flash.size >> 20} MB; choose another --board"
                )
        return about

    def runs(self, update: Update) -> bool:
        """Return False, because `keeps` compares every block anyway."""
        return False

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """Return whether the MD5 of the region in flash is correct, regardless of the journal.

        The first call compares all regions in one command.
        """
        if self._held is None:
            self._held = frozenset(
                part for part, right in zip(update.regions, self._compare(update, update.regions)) if right
            )
        return region in self._held

    def write(self, update: Update, progress: Progress) -> None:
        """Erase and write the regions to send. esptool verifies their MD5."""
        total = len(update.data)

        def line(text: str) -> None:
            if at := re.match(r"Writing at 0x([0-9a-f]+)", text):
                progress(max(0, min(int(at[1], 16) - self._offset, total)), total)

        sent = [part for part in update.sent if part.end > update.start]
        if sent:
            with self._files(update, sent) as files:
                self.client.run("write-flash", "--compress", *files, line=line)
            progress(total, total)

    def verify(self, update: Update) -> str:
        """Verify the MD5 of the whole image, including regions that were not sent."""
        whole = Region("all", 0, len(update.data), b"")
        if not all(self._compare(update, [whole])):
            raise VerifyError(f"{self._port.port}: the MD5 of the image in flash is wrong after writing; flash again")
        return "the ROM's MD5 of the whole image in flash is correct"

    def start(self, update: Update) -> None:
        """Reset into the application."""
        self.client.run("chip-id", leave=True)

    def running(self) -> bytes | None:
        """Return None, because the ROM has exited."""
        return None

    def _compare(self, update: Update, parts: list[Region]) -> list[bool]:
        """Return, for each region, whether it is in flash."""
        right: list[bool] = []

        def line(text: str) -> None:
            if text.startswith("esptool v"):
                right.clear()  # `EspTool.run` has restarted esptool because of noise
            elif text.startswith("Verification ") and "digest" in text:
                right.append(text.startswith("Verification successful"))

        with self._files(update, parts) as files:
            try:
                self.client.run("verify-flash", *files, line=line)
            except DeviceError:
                if len(right) != len(parts) or all(right):  # the error is not a mismatch
                    raise
        return right

    @contextmanager
    def _files(self, update: Update, parts: list[Region]) -> Iterator[list[str]]:
        """Yield esptool's arguments: an address and a file for each region."""
        with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
            arguments = []
            for part in parts:
                path = Path(folder, f"{part.offset:#x}.bin")
                path.write_bytes(update.data[part.offset : part.end])
                arguments += [f"{self._offset + part.offset:#x}", str(path)]
            yield arguments
