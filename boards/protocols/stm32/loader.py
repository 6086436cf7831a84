"""Flash through an STM32's ROM: write pages of the secondary slot, or of the only slot, and verify them by reading.

The ROM can neither hash nor copy. The only record of the secondary slot's contents is the journal, which is
spot-checked. If the journal is wrong, MCUboot refuses the image because of its hash. The old image keeps
running, and the update must be repeated.
"""

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError, VerifyError
from ticktalk.boards.images.regions import Region
from ticktalk.boards.line import Line
from ticktalk.boards.ports import set_parity
from ticktalk.boards.protocols.loader import Progress, Update
from ticktalk.boards.protocols.stm32.client import BLOCK, ERASE, GO, PARITY, READ, WRITE, LineError, Stm32Client
from ticktalk.boards.virtual.mcuboot import trailer

PROBE = 0.1  # seconds to wait for the response to a probe
LOOKS = 16  # blocks to check in a region that is not sent
PAGE_TRIES = 4  # attempts to erase and write a page
ROUNDS = 3  # rounds of reading back and rewriting
TURNAROUND = 0.001  # assumed seconds from a request's last byte to its response, for time estimates only
ERASE_SECONDS = 0.025  # assumed seconds to erase a page


def line_seconds(size: int, board: Board) -> float:
    """Return the estimated seconds to erase, write and read back `size` bytes.

    Each 256-byte block takes 268 bytes on the line (11 bits each) and three responses.
    """
    blocks = -(-size // BLOCK)
    return 2 * blocks * (268 * 11 / board.bauds[0] + 3 * TURNAROUND) + -(-size // board.page_size) * ERASE_SECONDS


class Stm32Loader:
    """Implements loader.Loader."""

    def __init__(self, port: Line, board: Board):
        self._port, self._board, self.client = port, board, Stm32Client(port)
        self._target = board.slot_address if board.secondary_address is None else board.secondary_address

    def probe(self) -> dict | None:
        """Return the chip's number, flash size and ID. Raises `DeviceError` if these values do not match the board."""
        set_parity(self._port, PARITY)
        if not self.client.wake(PROBE):
            set_parity(self._port, "N")  # for the console, which is contacted next
            return None
        version, commands = self.client.commands()
        chip, board = self._board.need_chip(), self._board
        found = self.client.chip_id()
        if found not in chip.ids:
            ours = " or ".join(f"{id:#05x}" for id in chip.ids)
            raise DeviceError(
                f"{self._port.port}: the chip is {found:#05x}, but {board.name} has {ours}; choose another --port or "
                f"--board"
            )
        if missing := {READ, GO, WRITE, ERASE} - set(commands):
            raise DeviceError(
                f"{self._port.port}: the boot loader does not support command {min(missing):#04x}; "
                "check whether the chip is protected"
            )
        about: dict[str, str | int] = {
            "loader": f"STM32 ROM, protocol {version >> 4}.{version & 15}, chip {found:#05x}",
            "chip": found,
        }
        if chip.flash_size_address is not None:
            size = int.from_bytes(self.client.read(chip.flash_size_address, 2), "little") * 1024
            if size < board.flash.size:
                raise DeviceError(
                    f"{self._port.port}: the chip has {size} bytes of flash, but {board.name} has {board.flash.size}; "
                    "choose another --board"
                )
            about["flash_bytes"] = size
        if chip.uid_address is not None:
            about["id"] = self.client.read(chip.uid_address, 12).hex()
        return about

    def runs(self, update: Update) -> bool:
        """Return False, because the ROM cannot report a hash of the image."""
        return False

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """Return whether the journal lists the region and all spot checks match."""
        last = (region.size - 1) // BLOCK
        places = sorted({last * look // (LOOKS - 1) for look in range(LOOKS)}) if noted else ()
        return noted and all(
            self._read(region.offset + place * BLOCK, update.data[region.offset : region.end][place * BLOCK :][:BLOCK])
            for place in places
        )

    def write(self, update: Update, progress: Progress) -> None:
        """Erase and write the pages of the regions to send, except for pages before `update.start`."""
        end = self._board.slot_size
        if self.client.read(self._at(end - BLOCK), BLOCK) != b"\xff" * BLOCK:
            self._erase(end - self._board.page_size)  # the page may contain the trailer of an earlier update
        for page in self._pages(update):
            if page >= update.start:
                self._write_page(page, update.data)
                progress(min(page + self._board.page_size, len(update.data)), len(update.data))

    def verify(self, update: Update) -> str:
        """Read back all pages that were sent, and rewrite those that differ."""
        for _attempt in range(ROUNDS):
            wrong = [page for page in self._pages(update) if not self._page_is(page, update.data)]
            if not wrong:
                kept = (
                    f"; {', '.join(part.name for part in update.kept)} spot-checked at {LOOKS} offsets"
                    if update.kept
                    else ""
                )
                return f"every byte sent was read back and is correct{kept}"
            for page in wrong:
                self._write_page(page, update.data)
        raise VerifyError(
            f"{self._port.port}: flash at {self._at(wrong[0]):#x} does not retain data; the flash may be worn out"
        )

    def start(self, update: Update) -> None:
        """Mark the image in a secondary slot as pending, and jump to MCUboot."""
        if self._board.secondary_address is not None:
            self._mark(update)
        self.client.go(self._board.flash.address)

    def running(self) -> bytes | None:
        """Return None, because the ROM has exited."""
        return None

    def _mark(self, update: Update) -> None:
        mark = trailer(self._board.word_size)
        at = self._board.slot_size - len(mark)
        last = self._board.slot_size - self._board.page_size
        if not self._write_block(at, mark):
            self._write_page(last, update.data)  # erase the page and rewrite the image's bytes in it
            if not self._write_block(at, mark):
                raise VerifyError(
                    f"{self._port.port}: cannot mark the new image for MCUboot; the old one is intact; "
                    "run the command again"
                )

    def _pages(self, update: Update) -> list[int]:
        """Return the offsets of the pages in the regions to send."""
        page = self._board.page_size
        return [at for part in update.sent for at in range(part.offset, part.end, page)]

    def _write_page(self, page: int, data: bytes) -> None:
        blocks = range(page, min(page + self._board.page_size, len(data)), BLOCK)
        for _attempt in range(PAGE_TRIES):
            self._erase(page)
            if all(self._write_block(at, self._block(data, at)) for at in blocks):
                return
        raise DeviceError(
            f"{self._port.port}: cannot write the page at {self._at(page):#x} after {PAGE_TRIES} tries; "
            "the old image is intact; try a lower --baud, or check whether the page is protected"
        )

    def _block(self, data: bytes, at: int) -> bytes:
        block = data[at : at + BLOCK]
        return block + b"\xff" * (-len(block) % self._board.word_size)

    def _write_block(self, offset: int, block: bytes) -> bool:
        """Write a block, and return whether flash now contains it.

        Returns False if flash contained something else before, in which case the page must be erased.
        """
        if block.count(0xFF) == len(block):
            return True
        for _attempt in range(PAGE_TRIES):
            try:
                self.client.write(self._at(offset), block)
                return True
            except LineError:
                self.client.resync()
            held = self.client.read(self._at(offset), len(block))
            if held == block:
                return True
            if held.count(0xFF) != len(held):
                return False
        return False

    def _page_is(self, page: int, data: bytes) -> bool:
        end = min(page + self._board.page_size, len(data))
        return all(self._read(at, data[at : min(at + BLOCK, end)]) for at in range(page, end, BLOCK))

    def _read(self, offset: int, expected: bytes) -> bool:
        return self.client.read(self._at(offset), len(expected)) == expected

    def _erase(self, offset: int) -> None:
        page = (self._at(offset) - self._board.flash.address) // self._board.page_size
        self.client.erase(page + self._board.need_chip().page_offset)

    def _at(self, offset: int) -> int:
        return self._target + offset
