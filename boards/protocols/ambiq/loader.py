"""Flash through Ambiq's secure boot loader, into the secondary slot or the only slot.

The boot loader checks the CRC-32 of every message and every block, erases and writes a block in one
operation, and cannot read flash. The only record of earlier updates is the journal. If the journal is wrong,
MCUboot refuses the image because of its hash, and the update must be repeated. The banner shows which image
is running.
"""

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.images.regions import Region
from ticktalk.boards.line import Line
from ticktalk.boards.protocols.ambiq import frames
from ticktalk.boards.protocols.ambiq.client import AmbiqClient
from ticktalk.boards.protocols.loader import Progress, Update
from ticktalk.boards.virtual.mcuboot import trailer

PROBE = 0.3  # seconds to wait for the response to a probe
PART = 0x1_0000  # bytes per update, all of which are sent again if the state of the update is unknown
TURNAROUND = 0.002  # assumed seconds from a message's last byte to its response, for time estimates only
PAGE_SECONDS = 0.02  # assumed seconds to write a page


def line_seconds(size: int, board: Board) -> float:
    """Return the estimated seconds for transmitting and writing `size` bytes.

    Each 8180-byte message has 12 bytes of overhead and a 20-byte response. Each block requires two additional messages.
    """
    messages = -(-size // frames.CARRIED) + -(-size // PART)
    wire = size + messages * 40 + -(-size // PART) * frames.BLOB.size
    return wire * 10 / board.bauds[0] + messages * TURNAROUND + -(-size // board.page_size) * PAGE_SECONDS


class AmbiqLoader:
    """Implements loader.Loader."""

    def __init__(self, port: Line, board: Board):
        self._port, self._board, self.client = port, board, AmbiqClient(port)
        self._target = board.slot_address if board.secondary_address is None else board.secondary_address
        self._part = 0

    def probe(self) -> dict | None:
        """Return the boot loader's version, the maximum size of an update and the chip's ID.

        The boot loader does not report the chip type, so a wrong chip is detected only when the boot loader refuses an
        address.
        """
        found = self.client.hello(PROBE)
        if found is None:
            return None
        if not found.chip:
            raise DeviceError(
                f"{self._port.port}: found an Apollo3 instead of {self._board.name}; choose another --port or --board"
            )
        page = self._board.page_size
        self._part = min(PART, found.largest // page * page)
        if not self._part:
            raise DeviceError(
                f"{self._port.port}: the boot loader accepts at most {found.largest} bytes per update, but a page has "
                f"{page}; "
                "configure INFO0 for the wired update"
            )
        return {
            "loader": f"Ambiq SBL {found.version:#x}, {self._part}-byte updates",
            "id": found.chip.hex(),
            "largest": found.largest,
        }

    def runs(self, update: Update) -> bool:
        """Return False, because the boot loader cannot report which image is in flash."""
        return False

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """Return `noted`, or False for the first and last pages, which MCUboot erases in a secondary slot."""
        return noted and region.offset > 0 and region.end <= self._board.slot_size - self._board.page_size

    def write(self, update: Update, progress: Progress) -> None:
        """Write the regions to send, except for blocks before `update.start`."""
        for region in update.sent:
            for at in range(region.offset, region.end, self._part):
                end = min(at + self._part, region.end)
                if end > update.start:
                    self._put(at, update.data[at:end])
                    progress(end, len(update.data))

    def verify(self, update: Update) -> str:
        """Return a description of the checks that the boot loader and MCUboot perform, because flash cannot
        be read back."""
        kept = f"; listed in the journal: {', '.join(part.name for part in update.kept)}" if update.kept else ""
        return (
            f"the boot loader checked the CRC-32 of every block before writing it, but cannot read flash; "
            f"MCUboot checks the hash{kept}"
        )

    def start(self, update: Update) -> None:
        """Mark the image in a secondary slot as pending, and reset.

        The trailer is written together with the image's bytes that share its page.
        """
        if self._board.secondary_address is not None:
            mark, last = trailer(self._board.word_size), self._board.slot_size - self._board.page_size
            self._put(last, update.data[last:].ljust(self._board.page_size - len(mark), b"\xff") + mark)
        self.client.reset()

    def running(self) -> bytes | None:
        """Return None, because the boot loader has exited."""
        return None

    def _put(self, offset: int, data: bytes) -> None:
        """Write whole words, padded with 0xFF."""
        self.client.put(self._target + offset, data + b"\xff" * (-len(data) % self._board.word_size))
