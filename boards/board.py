"""Board descriptions, loaded from `boards/catalogue/<name>.toml` and validated.

Call `load_board("qemu-m4")` or `load_board("path/to/my-board.toml")` for one board, and `all_boards()` for
all bundled boards. For the keys, see docs/reference/board-files.md. Addresses and sizes are in bytes, and clock
frequencies are in hertz.
"""

import re
from pathlib import Path
from typing import NoReturn

from ticktalk.boards.board_tables import (
    ADDRESS,
    BAUD,
    SIZE,
    Chip,
    Clock,
    Counter,
    Embedding,
    FlashTiming,
    Memory,
    Power,
    Provenance,
    Qemu,
    Rom,
    Secondary,
    SecondStage,
    Sound,
    Uart,
    Uf2,
    Watchdog,
)
from ticktalk.boards.errors import BoardError
from ticktalk.boards.protocols import NONE, PROTOCOLS
from ticktalk.boards.toml_reader import did_you_mean, key, read, table
from ticktalk.system.toml import read_toml

CATALOGUE = Path(__file__).parent / "catalogue"

LARGE_CACHE_KB = 8  # a cache from which on loops may be long
VECTORS = 0x100  # bytes reserved for the vector table and the marker that follows it

VIRTUAL_CHIP = "virtual_chip"  # driver for the chip in virtual/secondary_chip.py

CORES = (
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "cortex-m55",
    "xtensa-lx7",
)


@table
class Board:
    """A board, as described by its board file.

    `slot_address`, `slot_size` and `header_size` describe MCUboot's primary slot, from which the image runs
    in place. The secondary slot at `secondary_address` has the same size. On a board without a secondary
    slot, an update overwrites the old image.
    """

    name: str
    title: str
    core: str = key(choices=CORES)
    isa: str = key(choices=("portable", "dsp", "mve"))
    fpu: str = key(choices=("none", "single", "double"))
    clock_hz: int = key(within=(1, 10**10))
    slot_address: int = key(within=ADDRESS)
    slot_size: int = key(within=SIZE)
    header_size: int = key(within=(0x20, 0x1_0000))
    page_size: int = key(within=(256, 1 << 20))
    word_size: int = key(choices=(1, 2, 4, 8, 16, 32))
    protocol: str = key(choices=(*PROTOCOLS, NONE))
    baud: int = key(within=BAUD)
    boot_entry: str
    audio: str
    memories: tuple[Memory, ...]
    provenance: Provenance
    uart: Uart | None = None
    secondary_address: int | None = key(within=ADDRESS, default=None)
    secondary: Secondary | None = None
    loader_bauds: tuple[int, ...] = key(within=BAUD, default=())
    usb: tuple[str, ...] = ()
    instead: str = ""
    chip: Chip | None = None
    counter: Counter | None = None
    second_stage: SecondStage | None = None
    clock: Clock | None = None
    sound: Sound | None = None
    rom: Rom | None = None
    watchdog: Watchdog | None = None
    uf2: Uf2 | None = None
    qemu: Qemu | None = None
    flash_timing: FlashTiming | None = None
    power: Power | None = None
    embedding: Embedding = Embedding()
    file: str = ""

    def memory(self, name: str) -> Memory:
        """Return the memory region called `name`. Raises `BoardError` if there is none."""
        for region in self.memories:
            if region.name == name:
                return region
        raise BoardError(f"{self.file}: no memory named '{name}'")

    def need_chip(self) -> Chip:
        """Return the [chip] table. Raises `BoardError` if the board file has none."""
        if self.chip is None:
            raise BoardError(f"{self.file}: key 'chip' is missing; add a [chip] table for the chip on '{self.name}'")
        return self.chip

    @property
    def second_stage_driver(self) -> str:
        """The driver family of the second boot stage, or an empty string if there is none."""
        return self.second_stage.driver if self.second_stage else ""

    def need_uf2(self) -> Uf2:
        """Return the [uf2] table. Raises `BoardError` if the board file has none."""
        if self.uf2 is None:
            raise BoardError(f"{self.file}: no [uf2] table, so '{self.name}' has no boot loader that accepts UF2 files")
        return self.uf2

    def need_qemu(self) -> Qemu:
        """Return the [qemu] table. Raises `BoardError` if the board file has none."""
        if self.qemu is None:
            raise BoardError(
                f"{self.file}: no [qemu] table, so '{self.name}' cannot be emulated; specify the real board's --port"
            )
        return self.qemu

    @property
    def flash(self) -> Memory:
        """The memory region that contains the primary slot."""
        return self.memory("flash")

    @property
    def ram(self) -> Memory:
        """The memory region for the firmware's data, arena and stack."""
        return self.memory("ram")

    @property
    def has_speaker(self) -> bool:
        """Whether the board can play sound. An emulated board plays sound on the host."""
        return self.qemu is not None or not self.audio.startswith("none")

    @property
    def slow_flash(self) -> bool:
        """Whether the core waits for each read of the flash."""
        return self.flash_timing is not None and self.flash_timing.wait_states > 0

    @property
    def short_loops(self) -> bool:
        """Whether long loops might not fit the cache between slow flash and core."""
        return self.slow_flash and self.flash_timing is not None and self.flash_timing.cache_kb < LARGE_CACHE_KB

    @property
    def bauds(self) -> tuple[int, ...]:
        """The baud rates at which to contact the boot loader, in the order of the attempts."""
        return self.loader_bauds or (self.baud,)

    @property
    def code_address(self) -> int:
        """The address of the image's vector table, which follows MCUboot's header."""
        return self.slot_address + self.header_size

    @property
    def lead_size(self) -> int:
        """The size in bytes of the first pages of the slot. The last bytes of these pages hold the marker that
        images/regions.py reads."""
        return lead_size(self.header_size, self.page_size)

    @property
    def image_limit(self) -> int:
        """The maximum size of an MCUboot image in bytes, including header and TLVs."""
        return largest_image(self.slot_size, self.word_size)

    @property
    def code_limit(self) -> int:
        """The space in bytes for the vector table, code, weights and TLVs; the TLVs take a few dozen bytes."""
        return self.image_limit - self.header_size


def lead_size(header_size: int, page_size: int) -> int:
    """Return the size in bytes of the pages that hold an image's header, vector table and marker.

    Unless pages are small, a single page is enough.
    """
    return -(-(header_size + VECTORS) // page_size) * page_size


def largest_image(slot_size: int, word_size: int) -> int:
    """Return the maximum size of an image in bytes, including TLVs.

    MCUboot reserves the rest of the slot for its magic number and three flags, each padded to whole flash
    words. See boot_swap_info_off in bootutil.
    """
    return slot_size - max(16, word_size) - 3 * max(8, word_size)


def load_board(name_or_path: str | Path) -> Board:
    """Load a bundled board by name, or a board file by path. Raises a `BoardError` that names the file and the key."""
    path = Path(name_or_path)
    if path.suffix != ".toml":
        path = CATALOGUE / f"{name_or_path}.toml"
        names = board_names()
        if str(name_or_path) not in names:
            raise BoardError(
                f"no board '{name_or_path}'{did_you_mean(str(name_or_path), names)}"
                f"; choose one of {', '.join(names)}, or specify a .toml file (docs/reference/board-files.md)"
            )
    content = read_toml(path, BoardError)
    if "file" in content:
        raise BoardError(f"{path.name}: unknown key 'file'")
    board = read(Board, content | {"file": path.name}, path.name)
    _check(board, path)
    return board


def board_names() -> list[str]:
    """Return the names of the bundled boards, sorted."""
    return sorted(p.stem for p in CATALOGUE.glob("*.toml"))


def all_boards() -> list[Board]:
    """Return all bundled boards, sorted by name."""
    return [load_board(name) for name in board_names()]


def _check(board: Board, path: Path) -> None:
    """Check that the keys are consistent with each other."""

    def wrong(what: str) -> NoReturn:
        raise BoardError(f"{path.name}: {what}")

    if board.name != path.stem:
        wrong(f"key 'name' is '{board.name}', but the file is called {path.name}")
    names = [m.name for m in board.memories]
    for name, kind in (("flash", "flash"), ("ram", "ram")):
        if names.count(name) != 1:
            wrong(f"key 'memories' must have exactly one region named '{name}'")
        if board.memory(name).kind != kind:
            wrong(f"key 'memories': region '{name}' must have kind '{kind}'")
    for region in board.memories:
        if region.end > 1 << 32:
            wrong(f"key 'memories': region '{region.name}' extends beyond the 32-bit address space")
        for other in board.memories:
            if other is not region and region.address < other.end and other.address < region.end:
                wrong(f"key 'memories': regions '{region.name}' and '{other.name}' overlap")
    flash = board.flash
    if not flash.address <= board.slot_address or board.slot_address + board.slot_size > flash.end:
        wrong("key 'slot_address': the slot is not inside the memory region 'flash'")
    if board.code_limit <= 0:
        wrong("key 'header_size': the header and the boot loader's trailer leave no room in the slot")
    if board.slot_size % board.page_size or board.slot_address % board.page_size:
        wrong("key 'page_size': the slot must start and end on a page boundary")
    secondary = board.secondary_address
    if (
        secondary is not None
        and secondary < board.slot_address + board.slot_size
        and board.slot_address < secondary + board.slot_size
    ):
        wrong("key 'secondary_address': the secondary slot overlaps the primary slot")
    if board.secondary is not None and (secondary is None or board.page_size & (board.page_size - 1)):
        wrong("key 'secondary': requires 'secondary_address' and a 'page_size' that is a power of two")
    if board.secondary is not None and board.secondary.driver == VIRTUAL_CHIP and board.secondary.window is None:
        wrong(f"key 'secondary.window' is missing: driver {VIRTUAL_CHIP} requires memory shared with the chip")
    for name, described in (
        ("sound", board.sound),
        ("rom", board.rom),
        ("watchdog", board.watchdog),
        ("second_stage", board.second_stage),
    ):
        if described is not None and (board.clock is None or board.uart is None):
            wrong(f"key '{name}': requires [clock] and [uart], because only complete firmware for a real chip uses it")
    if board.sound is not None and (not board.sound.rates or not board.has_speaker):
        wrong("key 'sound': requires 'sound.rates', and an 'audio' other than \"none\"")
    if board.uart is not None and board.embedding != Embedding():
        wrong("key 'embedding': allowed only without [uart], on a board for which `export` writes only a library")
    if board.clock is not None and board.qemu is not None:
        wrong("key 'clock': an emulated board has no clock tree; remove [clock] or [qemu]")
    for id in board.usb:
        if not re.fullmatch("[0-9a-f]{4}:[0-9a-f]{4}", id):
            wrong(f"key 'usb': {id!r} is not a vendor and product ID such as '0483:374e'")
    if board.protocol == NONE and not board.instead:
        wrong("key 'instead' is missing: a board without a serial protocol must state an alternative")
    if board.protocol in PROTOCOLS and PROTOCOLS[board.protocol].needs_chip and board.chip is None:
        wrong(f"key 'chip' is missing: protocol '{board.protocol}' checks which chip is connected")
    alignment = 0x100 if board.core == "cortex-m0plus" else 0x200
    if board.code_address % alignment:
        wrong(
            f"key 'slot_address': slot_address + header_size must be a multiple of {alignment:#x} (the vector table's "
            f"alignment)"
        )
    if board.protocol in PROTOCOLS and PROTOCOLS[board.protocol].drive and board.uf2 is None:
        wrong(f"key 'uf2' is missing: protocol '{board.protocol}' needs the chip's UF2 family and the drive's Board-ID")
