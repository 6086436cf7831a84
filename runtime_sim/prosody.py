"""Rate, pitch, volume, expression, speaker and whisper of an utterance, as the integers that are sent to a watch.

See docs/reference/prosody.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from numbers import Integral, Real

from ticktalk.runtime_sim.errors import ProsodyError
from ticktalk.runtime_sim.speakers import MOST_SPEAKERS
from ticktalk.runtime_sim.vocoder.tables import SEMITONES

ONE = 256  # rate, volume and expression 1.0
LIMITS = {
    "rate": (ONE // 2, 2 * ONE),
    "pitch": (-SEMITONES, SEMITONES),
    "volume": (0, 2 * ONE),
    "expression": (0, 2 * ONE),
}


@dataclass(frozen=True)
class Prosody:
    """The prosody of an utterance.

    rate: speaking rate, 128 to 512, in units of 1/256.
    pitch: shift in semitones, -12 to 12.
    volume: gain applied to the samples, 0 to 512, in units of 1/256.
    expression: factor for the distance of the log pitch from the voice's mean, 0 to 512, in units of 1/256.
    speaker: number of one of the voice's speakers (`Voice.speaker`), 0 to 15.
    whisper: 1 if the voice whispers, otherwise 0.

    The defaults leave every sample unchanged. Raises `ProsodyError` if a value is out of range.
    """

    rate: int = ONE
    pitch: int = 0
    volume: int = ONE
    expression: int = ONE
    speaker: int = 0
    whisper: int = 0

    def __post_init__(self) -> None:
        for name, (least, most) in (LIMITS | {"speaker": (0, MOST_SPEAKERS - 1), "whisper": (0, 1)}).items():
            value = getattr(self, name)
            if not isinstance(value, int) or not least <= value <= most:
                raise ProsodyError(f"{name} {value!r}: must be an integer from {least} to {most}")

    @classmethod
    def of(
        cls,
        rate: float = 1.0,
        pitch: int = 0,
        volume: float = 1.0,
        expression: float = 1.0,
        speaker: int = 0,
        whisper: bool = False,
    ) -> Prosody:
        """Return the Prosody nearest to a rate of 0.5 to 2, a pitch in semitones, and volume and expression of 0 to 2.

        Raises `ProsodyError` if a value is out of range or has another type.
        """
        values = {"rate": rate, "pitch": pitch, "volume": volume, "expression": expression}
        for name, (least, most) in LIMITS.items():
            unit = 1 if name == "pitch" else ONE
            limits = f"from {least / unit:g} to {most / unit:g}"
            if not isinstance(values[name], Real):
                raise ProsodyError(f"{name} {values[name]!r}: must be a number {limits}")
            if not least / unit <= values[name] <= most / unit:  # also catches NaN
                raise ProsodyError(f"{name} {values[name]:g}: must be {limits}")
        if whisper not in (False, True):
            raise ProsodyError(f"whisper {whisper!r}: must be True or False")
        if isinstance(pitch, Integral):  # also one of NumPy
            pitch = int(pitch)
        return cls(round(rate * ONE), pitch, round(volume * ONE), round(expression * ONE), speaker, int(whisper))


NEUTRAL = Prosody()
