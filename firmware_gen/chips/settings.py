"""The settings that a chip family derives from a board file and a voice."""

from dataclasses import dataclass, field

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.target import Target

TOLERANCE = 0.001  # smaller deviations, which shift the pitch by at most 1.7 cents, are not reported


@dataclass(frozen=True)
class Sound:
    """The sample rate of the sound output. `line_hz` is the nominal sample rate of the amplifier, and `exact_hz` the
    actual one.

    Each sample of the voice is played `repeat` times.
    """

    line_hz: int
    exact_hz: float
    repeat: int

    @property
    def error(self) -> float:
        """The relative deviation of the sample rate."""
        return self.exact_hz / self.line_hz - 1

    def report(self) -> dict:
        """Return the values for report.json. The deviation is in percent."""
        return {
            "line_hz": self.line_hz,
            "exact_hz": round(self.exact_hz, 3),
            "repeat": self.repeat,
            "error_percent": round(100 * self.error, 5),
        }


@dataclass(frozen=True)
class Settings:
    """The macros for board.h and their values as C expressions, and the rate of the sound output, or None without
    one."""

    macros: dict[str, str] = field(default_factory=dict)
    sound: Sound | None = None


NOTHING = Settings()


def code(macros: dict[str, int | str]) -> dict[str, str]:
    """Return the values as C: numbers become unsigned constants, and text is copied unchanged."""
    return {name: Code(value if isinstance(value, str) else f"{value}u") for name, value in macros.items()}


def line_rate(board: Target, sample_rate: int) -> tuple[int, int]:
    """Return the amplifier's sample rate for a voice and how many times each sample is repeated.

    Raises BuildError if the amplifier accepts no multiple of the voice's rate.
    """
    rates = board.sound.rates if board.sound else ()
    for rate in sorted(rates):
        if rate % sample_rate == 0:
            return rate, rate // sample_rate
    raise BuildError(
        f"{board.file}: key 'sound.rates' has no multiple of the voice's {sample_rate} Hz; choose another voice, or "
        "remove [sound] to export firmware without sound"
    )
