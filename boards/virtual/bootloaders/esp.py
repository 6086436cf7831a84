"""The device side of the boot loader in an ESP32-S3's ROM, with SLIP frames as in Espressif's "Serial Protocol".

    request: C0 | 0, command, size (u16), checksum (u32), data | C0
    response: C0 | 1, command, size (u16), value (u32), data, four status bytes | C0

The device refuses incomplete or forbidden commands with the ROM's error numbers. The device cannot run programs in RAM,
such as esptool's stub, so it refuses MEM_BEGIN. Before any command that accesses flash, the host must attach the flash
chip and set its size. Writing to a sector that is not erased cannot set bits that have been cleared.
"""

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from operator import xor
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from ticktalk.boards.board import Board
from ticktalk.boards.images.esp import check_esp_image
from ticktalk.boards.images.mcuboot import Image
from ticktalk.boards.virtual.faults import Faults
from ticktalk.boards.virtual.nor_flash import FlashError, Slot, VirtualFlash
from ticktalk.boards.virtual.simulated_watch import SimulatedWatch

if TYPE_CHECKING:
    from zlib import _Decompress as Inflater  # the name in typeshed of the type of zlib.decompressobj()

(
    FLASH_BEGIN,
    FLASH_DATA,
    FLASH_END,
    SYNC,
    WRITE_REG,
    READ_REG,
    SPI_SET_PARAMS,
    SPI_ATTACH,
    CHANGE_BAUDRATE,
    DEFLATED_BEGIN,
    DEFLATED_DATA,
    DEFLATED_END,
    MD5,
    SECURITY_INFO,
) = (2, 3, 4, 8, 9, 10, 11, 13, 15, 16, 17, 18, 19, 20)
MALFORMED, FAILED, BAD_CHECKSUM, WRITE_ERROR, READ_ERROR, BAD_LENGTH, INFLATE_ERROR = range(5, 12)
SECTOR = 4096
HELLO = bytes.fromhex("07071220") + b"\x55" * 32
LONGEST = 16 + 0x4000 + 8

MAC = bytes.fromhex("7c dfa1 0102 03".replace(" ", ""))
FLASH_ID = 0x1840EF  # Winbond W25Q128: 16 MiB
SFDP = 0x5044_4653
SPI = 0x6000_2000  # the flash controller's registers: command, flags, command number, data
SPI_COMMAND, SPI_USER2, SPI_DATA = SPI, SPI + 0x20, SPI + 0x58
SPI_START = 1 << 18
EFUSE_MAC = 0x6000_7044
WATCHDOG, WATCHDOG_KEY, WATCHDOG_LOCK = 0x6000_8098, 0x50D8_3AA1, 0x6000_80B0


class Refused(Exception):
    """Raised to respond to a command with this error number."""

    def __init__(self, error: int):
        self.error = error


class Frames:
    """A SLIP decoder, which drops packets that are too long."""

    def __init__(self) -> None:
        self._bytes: bytearray | None = None

    def feed(self, data: bytes) -> list[bytes]:
        """Return the packets that `data` completes. Two consecutive C0 bytes do not count as an empty packet."""
        packets = []
        for byte in data:
            if byte == 0xC0:
                if self._bytes:
                    packets.append(bytes(self._bytes).replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb"))
                self._bytes = bytearray()
            elif self._bytes is not None:
                self._bytes.append(byte)
                if len(self._bytes) > 2 * LONGEST:
                    self._bytes = None
        return packets


def frame(packet: bytes) -> bytes:
    """Encode a packet as a SLIP frame."""
    return b"\xc0" + packet.replace(b"\xdb", b"\xdb\xdd").replace(b"\xc0", b"\xdb\xdc") + b"\xc0"


class EspOptions(TypedDict, total=False):
    """Options of EspRom."""

    chip: int
    protected: range
    log: Callable[[str], None]


class EspRom:
    """A run of the ROM in download mode from power-on to reset.

    `flash` is the flash chip, `chip` the chip number to report, and `protected` the sectors that cannot be
    written. `reset_requested` becomes true when the host starts the application by finishing a download, or
    resets the chip through the watchdog.
    """

    def __init__(
        self,
        board: Board,
        flash: VirtualFlash,
        *,
        faults: Faults | None = None,
        chip: int | None = None,
        protected: range = range(0),
        log: Callable[[str], None] = lambda line: None,
    ):
        self.reset_requested = False
        self._flash, self._protected, self._log, self._faults = flash, protected, log, faults or Faults()
        self._chip = board.need_chip().ids[0] if chip is None else chip
        self._frames = Frames()
        self._registers = {EFUSE_MAC: int.from_bytes(MAC[2:], "big"), EFUSE_MAC + 4: int.from_bytes(MAC[:2], "big")}
        self._awake = self._attached = False
        self._size = 0  # the flash size that the host has set
        self._at = self._end = self._sequence = self._block = self._blocks = 0
        self._inflate: Inflater | None = None
        self._handlers: dict[int, Callable[[bytes], int | bytes | None]] = {
            FLASH_BEGIN: self._begin,
            FLASH_DATA: self._data,
            FLASH_END: self._finish,
            WRITE_REG: self._write_register,
            READ_REG: self._read_register,
            SPI_SET_PARAMS: self._set_size,
            SPI_ATTACH: self._attach,
            CHANGE_BAUDRATE: self._change_baud,
            DEFLATED_BEGIN: self._begin_deflated,
            DEFLATED_DATA: self._data_deflated,
            DEFLATED_END: self._finish,
            MD5: self._md5,
            SECURITY_INFO: self._security,
        }

    def feed(self, data: bytes) -> bytes:
        """Process bytes from the host, and return the response."""
        return b"".join(self._answer(packet) for packet in self._frames.feed(data) if not self.reset_requested)

    def _answer(self, packet: bytes) -> bytes:
        if len(packet) < 8 or packet[0] != 0:
            return b""
        _, command, size, check = struct.unpack_from("<BBHI", packet)
        data = packet[8:]
        if command == SYNC and data == HELLO:
            self._awake = True
            return 8 * self._reply(SYNC, 0x2007_1207)
        if not self._awake:
            return b""
        try:
            if len(data) != size:
                raise Refused(BAD_LENGTH)
            if command not in self._handlers:
                raise Refused(MALFORMED)
            if self._faults.strikes("nack"):
                raise Refused(FAILED)
            if command in (FLASH_DATA, DEFLATED_DATA) and reduce(xor, data[16:], 0xEF) != check:
                raise Refused(BAD_CHECKSUM)
            answer = self._handlers[command](data)
        except Refused as refused:
            self._log(f"command {command:#04x} refused: error {refused.error:#04x}")
            return self._reply(command, status=bytes([1, refused.error, 0, 0]))
        return self._reply(command, answer) if isinstance(answer, int) else self._reply(command, 0, answer or b"")

    def _reply(self, command: int, value: int = 0, data: bytes = b"", status: bytes = bytes(4)) -> bytes:
        return frame(struct.pack("<BBHI", 1, command, len(data) + len(status), value) + data + status)

    def _fields(self, form: str, data: bytes) -> tuple[int, ...]:
        if len(data) != struct.calcsize(form):
            raise Refused(BAD_LENGTH)
        return struct.unpack(form, data)

    def _change_baud(self, data: bytes) -> None:
        self._fields("<II", data)

    def _read_register(self, data: bytes) -> int:
        [address] = self._fields("<I", data)
        return self._registers.get(address, 0)

    def _write_register(self, data: bytes) -> None:
        if not data or len(data) % 16:
            raise Refused(BAD_LENGTH)
        for address, value, mask, _ in struct.iter_unpack("<IIII", data):
            if address == WATCHDOG and self._registers.get(WATCHDOG_LOCK) != WATCHDOG_KEY:
                continue
            self._registers[address] = self._registers.get(address, 0) & ~mask | value & mask
            if address == SPI_COMMAND and value & SPI_START:
                self._spi()
            armed = self._registers.get(WATCHDOG, 0) >> 31
            if (
                address == WATCHDOG_LOCK and value != WATCHDOG_KEY and armed
            ):  # the watchdog fires shortly after it is armed and locked
                self._log("reset by the watchdog")
                self.reset_requested = True

    def _spi(self) -> None:
        """Execute a flash command, which reads the chip's ID or the signature of its parameter table."""
        command = self._registers.get(SPI_USER2, 0) & 0xFF
        self._registers[SPI_DATA] = {0x9F: FLASH_ID, 0x5A: SFDP}.get(command, 0)
        self._registers[SPI_COMMAND] = 0

    def _security(self, data: bytes) -> bytes:
        self._fields("", data)
        return struct.pack("<IB7BII", 0, 0, *bytes(7), self._chip, 0)

    def _attach(self, data: bytes) -> None:
        self._fields("<II", data)
        self._attached = True

    def _set_size(self, data: bytes) -> None:
        _, self._size, block, sector, page, _ = self._fields("<IIIIII", data)
        if (block, sector, page) != (0x1_0000, SECTOR, 256):
            raise Refused(FAILED)

    def _range(self, offset: int, size: int) -> None:
        if not self._attached or offset + size > min(self._size, self._flash.size):
            raise Refused(FAILED)

    def _begin(self, data: bytes, inflate: "Inflater | None" = None) -> None:
        erase, self._blocks, self._block, offset, encrypted = self._fields("<IIIII", data)
        end = offset + -(-erase // SECTOR) * SECTOR
        self._range(offset, end - offset)
        if offset % SECTOR or encrypted or not self._block <= 0x4000:
            raise Refused(FAILED)
        if any(sector in self._protected for sector in range(offset // SECTOR, end // SECTOR)):
            raise Refused(WRITE_ERROR)
        self._flash.erase(offset, end - offset)
        self._at, self._end, self._sequence, self._inflate = offset, end, 0, inflate

    def _begin_deflated(self, data: bytes) -> None:
        self._begin(data, zlib.decompressobj())

    def _payload(self, data: bytes) -> bytes:
        size, sequence, zero, also = struct.unpack_from("<IIII", data.ljust(16, b"\0"))
        if size != len(data) - 16 or size > self._block or zero or also:
            raise Refused(BAD_LENGTH)
        if sequence != self._sequence or sequence >= self._blocks:
            raise Refused(FAILED)
        return data[16:]

    def _data(self, data: bytes) -> None:
        payload = self._payload(data)
        if self._inflate is not None:
            raise Refused(FAILED)
        self._program(payload[: max(0, self._end - self._at)])

    def _data_deflated(self, data: bytes) -> None:
        payload = self._payload(data)
        if self._inflate is None:
            raise Refused(FAILED)
        try:
            written = self._inflate.decompress(payload)
        except zlib.error:
            raise Refused(INFLATE_ERROR) from None
        if self._at + len(written) > self._end:
            raise Refused(INFLATE_ERROR)
        self._program(written)

    def _program(self, data: bytes) -> None:
        try:
            self._flash.program(self._at, data)
        except FlashError as error:
            self._log(str(error))
            raise Refused(WRITE_ERROR) from None
        self._at += len(data)
        self._sequence += 1

    def _finish(self, data: bytes) -> None:
        self._fields("<I", data)
        self._log("application started")
        self.reset_requested = True

    def _md5(self, data: bytes) -> bytes:
        offset, size, *_ = self._fields("<IIII", data)
        self._range(offset, size)
        return hashlib.md5(self._flash.read(offset, size)).hexdigest().encode()


@dataclass(frozen=True)
class EspApplication:
    """The boot loader in an ESP32's flash, with one application."""

    board: Board
    primary: Slot

    def boot(self) -> Image:
        """Return the application that starts. Raises `ImageError` if there is no valid application."""
        return check_esp_image(self.primary.read(), self.board, "flash")


def esp_watch(
    board: Board, folder: Path, faults: Faults | None = None, key: bytes | None = None, **options: Unpack[EspOptions]
) -> SimulatedWatch:
    """Return a watch whose BOOT button is held, so the ROM runs after every power-on, and the application
    after a reset.

    `options` are for EspRom.
    """
    flash = VirtualFlash(folder / "flash", board.flash.size, board.page_size, board.word_size, faults)
    application = EspApplication(board, Slot(flash, board.slot_address - board.flash.address, board.slot_size))
    return SimulatedWatch(board, flash, application, lambda: EspRom(board, flash, faults=faults, **options), held=True)
