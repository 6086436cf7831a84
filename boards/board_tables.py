"""The tables of a board file: memories, peripherals, and what is known of the chip (docs/reference/board-files.md).

Addresses and sizes are in bytes, and clock frequencies are in hertz.
"""

from ticktalk.boards.toml_reader import key, table

ADDRESS = (0, 0xFFFF_FFFF)
SIZE = (1, 0xFFFF_FFFF)
BAUD = (300, 12_000_000)

# Drivers are named after their folders in firmware_gen/templates/device/drivers/.
DRIVER = "[a-z][a-z0-9_]*"

PIN = r"P[A-K](1[0-5]|[0-9])|GP[0-9]+|P[01]\.[0-9]+"  # as the chip's vendor names it: PB10 (STM32), GP0 (RP2040), P0.06


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

    The caches between flash and core have `instruction_lines` and `data_lines` of four reads each. Larger caches have
    only a size, `cache_kb`.
    """

    wait_states: int = key(within=(0, 255))
    line_bytes: int = key(choices=(4, 8, 16, 32, 64))
    instruction_lines: int = key(within=(0, 64), default=0)
    data_lines: int = key(within=(0, 64), default=0)
    cache_kb: int = key(within=(0, 1024), default=0)

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
