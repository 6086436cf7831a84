"""The settings that a chip family derives from a board file and a voice."""

from dataclasses import dataclass, field

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.target import Target


@dataclass(frozen=True)
class Sound:
    """The sample rate of the sound output. `voice_hz` is the voice's sample rate, `line_hz` is a rate that the
    amplifier accepts, and `exact_hz` is the actual number of frames per second.

    A frame lasts `step` / `parts` samples. If `step` is 1, each sample is played `parts` times. Otherwise, frames are
    interpolated.
    """

    voice_hz: int
    line_hz: int
    exact_hz: float
    parts: int
    step: int = 1

    @property
    def error(self) -> float:
        """The relative deviation of the voice's sample rate."""
        return self.exact_hz * self.step / self.parts / self.voice_hz - 1

    def report(self) -> dict:
        """Return the values for report.json. Deviations are in percent."""
        facts: dict[str, float | str] = {"line_hz": self.line_hz, "exact_hz": round(self.exact_hz, 3)}
        if self.step == 1:
            facts["repeat"] = self.parts
        else:
            facts["line_error_percent"] = _percent(self.exact_hz / self.line_hz - 1)
            facts["samples_per_frame"] = f"{self.step}/{self.parts}"
        return facts | {"error_percent": _percent(self.error)}


def _percent(share: float) -> float:
    return round(100 * share, 5) + 0.0  # not -0.0


@dataclass(frozen=True)
class Settings:
    """The macros for board.h with their values as C expressions, and the rate of the sound output, if there is one."""

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
