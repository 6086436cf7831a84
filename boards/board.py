"""Board descriptions, loaded from `boards/catalogue/<name>.toml` and validated.

Call `load_board("qemu-m4")` or `load_board("path/to/my-board.toml")` for one board, and `all_boards()` for
all bundled boards. For the keys, see docs/reference/board-files.md. Addresses and sizes are in bytes, and clock
frequencies are in hertz.
"""

import re
from pathlib import Path
from typing import NoReturn

from ticktalk.boards.errors import BoardError
from ticktalk.boards.protocols import NONE, PROTOCOLS
from ticktalk.boards.toml_reader import did_you_mean, key, read, table
from ticktalk.system.toml import read_toml

CATALOGUE = Path(__file__).parent / "catalogue"
ADDRESS = (0, 0xFFFF_FFFF)
SIZE = (1, 0xFFFF_FFFF)
BAUD = (300, 12_000_000)

VECTORS = 0x100  # bytes reserved for the vector table and the marker that follows it

# Drivers are named after their folders in firmware_gen/templates/device/drivers/.
DRIVER = "[a-z][a-z0-9_]*"
VIRTUAL_CHIP = "virtual_chip"  # driver for the chip in virtual/secondary_chip.py

PIN = r"P[A-K](1[0-5]|[0-9])|GP[0-9]+|P[01]\.[0-9]+"  # as the chip's vendor names it: PB10 (STM32), GP0 (RP2040), P0.06

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
class Memory:
    """A memory region that the firmware may use.

    Code and constants run from a region of `kind` "flash". Everything else is in regions of `kind` "ram".
    """

    name: str
    kind: str = key(choices=("flash", "ram"))
    address: int = key(within=ADDRESS)
    size: int = key(within=SIZE)

    @property
    def end(self) -> int:
        """The first address after the region."""
        return self.address + self.size


@table
class Uart:
    """The console's UART.

    `driver` names the driver family that provides uart.c, `irq` is the NVIC number of the receive interrupt,
    and `clock_hz` is the input clock of the baud rate divider. On a real chip, `pins` lists the UART's pins, transmit
    first, and `function` is the number of the alternate function that connects them.
    """

    driver: str = key(form=DRIVER)
    address: int = key(within=ADDRESS)
    irq: int = key(within=(0, 479))
    clock_hz: int = key(within=(1, 10**9))
    pins: tuple[str, ...] = key(form=PIN, default=())
    function: int = key(within=(0, 31), default=0)


@table
class Clock:
    """The clock tree of a real chip. The driver family `driver` provides clock.c, which configures the clock tree.

    `crystal_hz` is the frequency of the board's crystal, from which the chip's PLL derives the board's `clock_hz`.
    """

    driver: str = key(form=DRIVER)
    crystal_hz: int = key(within=(32_768, 10**8))


@table
class Sound:
    """The sound output. The driver family `driver` provides audio.c, which plays samples by DMA.

    `irq` is the NVIC number of the DMA's interrupt. `rates` are the sample rates in hertz that the amplifier accepts.
    A voice is played at the first of these rates that is a multiple of the voice's own sample rate. `pins` lists the
    pins for bit clock, word select and data. `queue` is the number of samples that the firmware computes before
    playback starts, unless the text ends earlier. A core that is slower than real time needs a long queue.
    """

    driver: str = key(form=DRIVER)
    address: int = key(within=ADDRESS)
    irq: int = key(within=(0, 479))
    rates: tuple[int, ...] = key(within=(8000, 192_000))
    queue: int = key(choices=tuple(1 << n for n in range(10, 18)), default=4096)
    pins: tuple[str, ...] = key(form=PIN, default=())
    function: int = key(within=(0, 31), default=0)


@table
class Rom:
    """The boot loader in the chip's ROM, which the console request BOOT starts. The driver family `driver` provides
    rom.c.

    `address` is the address of the ROM's vector table.
    """

    driver: str = key(form=DRIVER)
    address: int = key(within=ADDRESS)


@table
class Watchdog:
    """The watchdog of a real chip. The driver family `driver` provides watchdog.c.

    The watchdog resets the chip if the firmware neither sends nor receives a frame for `seconds` while the core is
    awake.
    """

    driver: str = key(form=DRIVER)
    seconds: int = key(within=(1, 3600))


@table
class Secondary:
    """How the firmware accesses the secondary slot. The driver family `driver` provides slots.c.

    The driver "virtual_chip", for the virtual watch, sends commands over the UART at `address`, and exchanges data
    through a page of memory at `window`, followed by one byte for the chip's response. Only this driver uses `window`.
    """

    driver: str = key(form=DRIVER)
    address: int = key(within=ADDRESS)
    window: int | None = key(within=ADDRESS, default=None)


@table
class Counter:
    """A free-running 32-bit counter. The driver family `driver` provides counter.c, which reads the counter.

    The number of instructions is round(ticks * numerator / denominator).
    """

    driver: str = key(form=DRIVER)
    address: int = key(within=ADDRESS)
    numerator: int = key(within=(1, 1 << 16))
    denominator: int = key(within=(1, 1 << 16))


@table
class Qemu:
    """Parameters for emulating the board in QEMU.

    `machine` is the QEMU machine, and `reset_address` is where its core reads the initial vector table.
    `ram_size` is the size in bytes of the machine's larger RAM, which starts at `secondary.window`.
    """

    machine: str
    reset_address: int = key(within=ADDRESS)
    ram_size: int = key(within=SIZE)


@table
class Chip:
    """The identity of a chip, as its ROM boot loader reports it.

    `ids` lists the accepted chip numbers. `flash_size_address` is the address of the flash size in KiB (u16),
    and `uid_address` is the address of the chip's unique ID (12 bytes). The ROM's number for a page of the slot is the
    page's offset in flash divided by `page_size`, plus `page_offset`. `page_offset` is not 0 on chips whose flash
    begins with smaller pages.
    """

    ids: tuple[int, ...] = key(within=(0, 0xFFFF))
    flash_size_address: int | None = key(within=ADDRESS, default=None)
    uid_address: int | None = key(within=ADDRESS, default=None)
    page_offset: int = key(within=(0, 255), default=0)


@table
class Uf2:
    """The boot loader's USB drive. `family` is the number of the chip's family in UF2 files, and `board_id` is the
    Board-ID in the drive's file INFO_UF2.TXT. `other_ids` are the Board-IDs of variants that run the same firmware."""

    family: int = key(within=(1, 0xFFFF_FFFF))
    board_id: str
    other_ids: tuple[str, ...] = ()


@table
class SecondStage:
    """The code at the start of the slot, in place of an MCUboot header.

    The chip's ROM runs this code, which then starts the firmware. The driver family `driver` provides second_stage.c.
    """

    driver: str = key(form=DRIVER)


@table
class Embedding:
    """How to use ticktalk on a board for which `export` writes only a library, not complete firmware.

    `package` is the package for the SDK of the board (`export --library --package`), or "" for plain C. `why` is a
    sentence that explains why `export` cannot write complete firmware."""

    package: str = key(form="[a-z-]*", default="")
    why: str = "Drivers for this chip have not been written yet."


@table
class FlashTiming:
    """How long the core waits for data from flash: `wait_states` cycles for each read of `line_bytes` bytes.

    The caches between flash and core have `instruction_lines` and `data_lines` of four reads each.
    """

    wait_states: int = key(within=(0, 255))
    line_bytes: int = key(choices=(4, 8, 16, 32, 64))
    instruction_lines: int = key(within=(0, 64), default=0)
    data_lines: int = key(within=(0, 64), default=0)

    @property
    def cached(self) -> bool:
        """Whether the file describes the caches."""
        return bool(self.instruction_lines or self.data_lines)


@table
class Power:
    """The current in microamperes that the chip draws while its core computes at the board's `clock_hz`, without the
    amplifier. `source` is where the figure comes from."""

    active_ua: int = key(within=(1, 10**6))
    source: str


@table
class Provenance:
    """The sources of the data in the board file, and a description of how the data was checked."""

    checked: str
    sources: tuple[str, ...] = ()


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
