"""Flashes through Ambiq's secure boot loader: parts of the secondary slot, or of the only slot.

The boot loader checks the CRC-32 of every message and every part, erases and writes a part in one go, and
cannot read back. Only the journal knows what an earlier update left. MCUboot checks the whole image's hash
before it installs or starts it, so a wrong guess costs a second try; the banner shows which image runs.
"""

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.images.regions import Region
from ticktalk.boards.line import Line
from ticktalk.boards.protocols.ambiq import frames
from ticktalk.boards.protocols.ambiq.client import AmbiqClient
from ticktalk.boards.protocols.loader import Progress, Update
from ticktalk.boards.virtual.mcuboot import trailer

PROBE = 0.3  # seconds that a probe waits for its answer
PART = 0x1_0000  # bytes per update, and what is lost if its state is uncertain
TURNAROUND = 0.002  # seconds from a message's last byte to its answer: a guess, for the plan only
PAGE_SECONDS = 0.02  # to write a page: also a guess


def line_seconds(size: int, board: Board) -> float:
    """Seconds for line and writing: 12 bytes around every 8180, an answer of 20 for each, and two more of
    both per part."""
    messages = -(-size // frames.CARRIED) + -(-size // PART)
    wire = size + messages * 40 + -(-size // PART) * frames.BLOB.size
    return wire * 10 / board.bauds[0] + messages * TURNAROUND + -(-size // board.page_size) * PAGE_SECONDS


class AmbiqLoader:
    """See loader.Loader."""

    def __init__(self, port: Line, board: Board):
        self._port, self._board, self.client = port, board, AmbiqClient(port)
        self._target = board.slot_address if board.secondary_address is None else board.secondary_address
        self._part = 0

    def probe(self) -> dict | None:
        """Version, largest update, and the chip's number. Only a refused address reveals a wrong type of
        chip."""
        found = self.client.hello(PROBE)
        if found is None:
            return None
        if not found.chip:
            raise DeviceError(
                f"{self._port.port}: this is the boot loader of an Apollo3, not of {self._board.name}; choose another "
                f"--port or --board"
            )
        page = self._board.page_size
        self._part = min(PART, found.largest // page * page)
        if not self._part:
            raise DeviceError(
                f"{self._port.port}: the boot loader accepts {found.largest} bytes per update, less than a page of "
                f"{page}; "
                "set up INFO0 for the wired update"
            )
        return {
            "loader": f"Ambiq SBL {found.version:#x}, updates of {self._part} bytes",
            "id": found.chip.hex(),
            "largest": found.largest,
        }

    def runs(self, update: Update) -> bool:
        """False: this can never be known."""
        return False

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """True if the journal says so, except for first and last page: MCUboot erases both in a secondary
        slot, the last with the mark."""
        return noted and region.offset > 0 and region.end <= self._board.slot_size - self._board.page_size

    def write(self, update: Update, progress: Progress) -> None:
        """Write everything to send, except the parts that `update.start` covers."""
        for region in update.sent:
            for at in range(region.offset, region.end, self._part):
                end = min(at + self._part, region.end)
                if end > update.start:
                    self._put(at, update.data[at:end])
                    progress(end, len(update.data))

    def verify(self, update: Update) -> str:
        """What can be said about a boot loader that cannot read back."""
        kept = f"; {', '.join(part.name for part in update.kept)} according to the journal" if update.kept else ""
        return (
            f"the boot loader checked the CRC-32 of every part before it wrote it, but cannot read back; "
            f"MCUboot checks the hash{kept}"
        )

    def start(self, update: Update) -> None:
        """Write the mark that MCUboot looks for in a secondary slot, together with the image's bytes in that
        page, and reset."""
        if self._board.secondary_address is not None:
            mark, last = trailer(self._board.word_size), self._board.slot_size - self._board.page_size
            self._put(last, update.data[last:].ljust(self._board.page_size - len(mark), b"\xff") + mark)
        self.client.reset()

    def running(self) -> bytes | None:
        """None: the boot loader is gone."""
        return None

    def _put(self, offset: int, data: bytes) -> None:
        """Write whole words: after the end of the image, the rest of its page is erased."""
        self.client.put(self._target + offset, data + b"\xff" * (-len(data) % self._board.word_size))
