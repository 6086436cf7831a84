"""The device side of a boot loader that is a USB drive, represented by a folder: the ROMs of the RP2040 (data sheet,
2.8.4) and the RP2350 (5.5), and Adafruit's boot loader for the nRF52840.

The boot loader sees the blocks of a file as the host writes them, and programs each block immediately. After the last
block, it restarts the chip. It ignores everything that is not a block for its chip, so the drive remains after a wrong
or truncated file.
"""

import fcntl
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.formats import CHECKED_BY_ROM, WITH_BLOCK, check_second_stage
from ticktalk.boards.images.picobin import vector_table
from ticktalk.boards.images.uf2 import BLOCK, FLAG_FAMILY, FLAG_NOT_FLASH, HEAD, MAGIC, MAGIC_END, PAYLOAD
from ticktalk.boards.protocols.uf2.drive import INFO, virtual_drives
from ticktalk.boards.virtual.nor_flash import ERASED, VirtualFlash
from ticktalk.system.files import write_text

MASTER_BOOT_RECORD = 0x1000  # bytes before the nRF52840's SoftDevice, which the boot loader does not write
INFOS = {  # INFO_UF2.TXT by the second stage's driver
    "rp2040": "UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: {}\n",
    "rp2350": "UF2 Bootloader v1.0\nModel: Raspberry Pi RP2350\nBoard-ID: {}\n",
    "nrf52": "UF2 Bootloader 0.6.2\r\nModel: Seeed XIAO nRF52840\r\nBoard-ID: {}\r\nSoftDevice: S140 7.3.0\r\n",
}


def has_firmware(board: Board, flash: VirtualFlash) -> bool:
    """Return whether the boot loader starts the contents of flash, of which it checks little."""
    start, driver = board.slot_address - board.flash.address, board.second_stage_driver
    try:
        if driver == WITH_BLOCK:
            vector_table(flash.read(start), board.slot_address)
        elif driver == CHECKED_BY_ROM:
            check_second_stage(flash.read(start), board)
        else:
            return flash.read(start, 8).count(ERASED) < 8
    except ImageError:
        return False
    return True


@dataclass(frozen=True)
class Block:
    """A block for this chip."""

    address: int
    number: int
    count: int
    data: bytes


class Uf2Drive:
    """One run of the boot loader: the drive `folder` appears, and `reset_requested` ends the run.

    `log` is called with one line per event.
    """

    def __init__(self, board: Board, flash: VirtualFlash, folder: Path, log: Callable[[str], None]):
        self.reset_requested = False
        self._board, self._flash, self._folder, self._log = board, flash, folder, log
        self._cached = board.second_stage_driver == "nrf52"
        self._family = board.need_uf2().family
        self._seen: dict[str, tuple[int, int]] = {}  # size and modification time of each file
        self._told: set[str] = set()
        self._count = 0  # blocks of the file in progress
        self._done: set[int] = set()  # numbers of the file's blocks that have been written
        self._erased: set[int] = set()  # offsets of pages that have been erased for the file
        self._page: int | None = None  # offset of the page in the nRF52840's buffer
        self._buffer = bytearray()
        unmount(folder)
        # A host may look at any time, so the drive appears with its whole content.
        write_text(folder / INFO, INFOS[board.second_stage_driver].format(board.need_uf2().board_id))

    def poll(self) -> None:
        """Process the files that the host has written since the last call. May raise `PowerCut`."""
        for file in sorted(self._folder.iterdir()):
            try:
                stat = file.stat()
                if file.name == INFO or self._seen.get(file.name) == (now := (stat.st_size, stat.st_mtime_ns)):
                    continue
                data = file.read_bytes()
            except OSError:  # for example a folder, or a file that has been removed
                continue
            self._seen[file.name] = now
            for start in range(0, len(data) - BLOCK + 1, BLOCK):
                self._sector(file.name, data[start : start + BLOCK])
                if self.reset_requested:
                    return

    def _sector(self, name: str, sector: bytes) -> None:
        *magic, flags, address, size, number, blocks, family = HEAD.unpack_from(sector)
        if tuple(magic) != MAGIC or sector[-4:] != struct.pack("<I", MAGIC_END):
            self._tell(f"{name}: ignored, because it does not consist of UF2 blocks")
        elif not flags & FLAG_FAMILY or flags & FLAG_NOT_FLASH or size != PAYLOAD:
            self._tell(f"{name}: blocks without a family, for other memory or without {PAYLOAD} bytes are ignored")
        elif family != self._family:
            self._tell(
                f"{name}: blocks of family {family:#010x} are ignored; {self._board.name} accepts {self._family:#010x}"
            )
        elif address % PAYLOAD or not self._board.flash.address <= address < self._limit or number >= blocks:
            self._tell(f"{name}: block {number} of {blocks} for address {address:#x} is out of range")
            self._count = 0
        else:
            self._block(Block(address, number, blocks, sector[HEAD.size : HEAD.size + PAYLOAD]))

    @property
    def _limit(self) -> int:
        return self._board.slot_address + self._board.slot_size

    def _block(self, block: Block) -> None:
        if block.count != self._count:
            self._count = block.count
            self._done.clear()
            self._erased.clear()
        if block.number in self._done:
            return
        self._done.add(block.number)
        if not self._cached:
            self._program(block.address - self._board.flash.address, block.data)
        elif block.address >= self._board.flash.address + MASTER_BOOT_RECORD:
            self._replace(block.address - self._board.flash.address, block.data)
        if len(self._done) == self._count:
            self._flush()
            self._log(f"{self._count} blocks written; the boot loader restarts the chip")
            self.reset_requested = True

    def _program(self, offset: int, data: bytes) -> None:
        """Write to flash. The first block of a page erases the page."""
        page = offset - offset % self._flash.page
        if page not in self._erased:
            self._erased.add(page)
            self._flash.erase(page, self._flash.page)
        self._flash.program(offset, data)

    def _replace(self, offset: int, data: bytes) -> None:
        """Change a part of a page in the buffer, and keep the rest of the page."""
        inside = offset % self._flash.page
        if offset - inside != self._page:
            self._flush()
            self._page = offset - inside
            self._buffer = bytearray(self._flash.read(self._page, self._flash.page))
        self._buffer[inside : inside + len(data)] = data

    def _flush(self) -> None:
        if self._page is not None and self._flash.read(self._page, self._flash.page) != self._buffer:
            self._flash.erase(self._page, self._flash.page)
            self._flash.program(self._page, bytes(self._buffer))
        self._page = None

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            self._log(line)


def free_drive(board: Board) -> Path:
    """Return a folder for the drive of a virtual board, where `flash` finds it. This process owns the folder until the
    process ends."""
    for number in count(1):
        folder = virtual_drives() / (board.name if number == 1 else f"{board.name}-{number}")
        folder.mkdir(parents=True, exist_ok=True)
        held = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return folder
        except BlockingIOError:
            os.close(held)
    raise AssertionError("unreachable")


def unmount(folder: Path) -> None:
    """Make the drive disappear, and its files with it. The folder remains."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INFO).unlink(missing_ok=True)
    for file in folder.iterdir():
        if file.is_file():
            os.unlink(file)
