"""Compute the clocks of the STM32L4+ (ST RM0432 and the data sheet of the STM32L4R5): the main PLL, and the PLL of the
SAI.

Both PLLs multiply the same 4 MHz input. The input comes from the internal oscillator MSI, which is trimmed to 122 times
the frequency of the 32768 Hz crystal. Without the crystal, the input is a quarter of the internal oscillator HSI16.
"""

from ticktalk.firmware_gen.chips.settings import Settings, Sound, code, line_rate
from ticktalk.firmware_gen.chips.stm32 import check_bus, core_divider, pins_of, reset_macros
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.target import Target

CRYSTAL = 32_768
TRIMMED = 122 * CRYSTAL  # the MSI in its 4 MHz range
NOMINAL = 4_000_000
INTERNAL = 16_000_000  # HSI16
VCO = (64_000_000, 344_000_000)
FEEDBACK = (8, 127)
SLOWEST = 8_000_000  # minimum core frequency with the PLL as its source
FASTEST = 120_000_000  # maximum frequency of the core, the buses and the SAI, in voltage range 1 with boost
WAIT_HZ = 20_000_000  # core clock for each flash wait state
FRAME_BITS = 32  # two 16-bit channels


def settings(board: Target, sample_rate: int) -> Settings:
    """See `chips.settings`."""
    assert board.clock is not None and board.uart is not None  # checked by boards.board
    core = board.clock_hz
    if board.clock.crystal_hz != CRYSTAL:
        raise BuildError(
            f"{board.file}: key 'clock.crystal_hz' is {board.clock.crystal_hz}, but driver {board.clock.driver} trims "
            f"the internal oscillator with a {CRYSTAL} Hz crystal"
        )
    divider = core_divider(board, (2, 4, 6, 8), NOMINAL, VCO, SLOWEST, FASTEST)
    check_bus(board)
    macros: dict[str, int | str] = {
        "CLOCK_INTERNAL_HZ": INTERNAL,
        "CLOCK_M_CRYSTAL": 1,
        "CLOCK_M_INTERNAL": INTERNAL // NOMINAL,
        "CLOCK_N": core * divider // NOMINAL,
        "CLOCK_R": divider,
        "CLOCK_WAIT_STATES": (core - 1) // WAIT_HZ,
        "UART_PINS": pins_of(board.file, "uart", board.uart.pins, 2),
        "UART_FUNCTION": board.uart.function,
        **reset_macros(board),
    }
    if not board.sound or not sample_rate:
        return Settings(code(macros))
    line, repeat = line_rate(board, sample_rate)
    n, p, divider = sai_dividers(line)
    macros |= {
        "SOUND_PLL_N": n,
        "SOUND_PLL_P": p,
        "SOUND_DIVIDER": divider,
        "SOUND_PINS": pins_of(board.file, "sound", board.sound.pins, 3),
        "SOUND_FUNCTION": board.sound.function,
    }
    return Settings(code(macros), Sound(sample_rate, line, sai_rate(n, p, divider), repeat))


def sai_rate(n: int, p: int, divider: int) -> float:
    """Return the sample rate in hertz: the input times N, divided by P, the SAI's divider and the bits of a frame."""
    return TRIMMED * n / (p * divider * FRAME_BITS)


def sai_dividers(rate: int) -> tuple[int, int, int]:
    """Return (N, PDIV, MCKDIV) for the sample rate that is closest to `rate`.

    If several are equally close, the one with the slowest PLL is returned, because it needs the least current.
    """
    found = []
    for n in range(FEEDBACK[0], FEEDBACK[1] + 1):
        if not VCO[0] <= TRIMMED * n <= VCO[1]:
            continue
        for p in range(2, 32):
            divider = round(TRIMMED * n / (p * FRAME_BITS * rate))
            if 1 <= divider <= 63 and TRIMMED * n <= FASTEST * p:
                found.append((abs(sai_rate(n, p, divider) - rate), n, p, divider))
    return min(found)[1:]
