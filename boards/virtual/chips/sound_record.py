"""A recording of a chip's sound output, with times."""

import json
import wave
from pathlib import Path

from ticktalk.system.files import replacing, write_text

SECOND = 10**12  # picoseconds


class SoundRecord:
    """16-bit samples, which are the same on both channels. A part lasts from when the output starts until it stops.

    `underruns` lists the times at which a buffer was played before the firmware had refilled it.
    """

    def __init__(self) -> None:
        self.samples = bytearray()
        self.parts: list[dict] = []
        self.underruns: list[int] = []
        self._rate = 0.0

    def start(self, time: int, hertz: float) -> None:
        """Begin a part at `time` (in picoseconds), with a sample rate in hertz."""
        self._rate = hertz
        self.parts.append({"start": time / SECOND, "hertz": hertz, "first": len(self.samples) // 2, "samples": 0})

    def add(self, frames: bytes) -> None:
        """Add stereo frames of two 16-bit samples. Raises ValueError if the channels differ."""
        left, right = frames[0::4] + frames[1::4], frames[2::4] + frames[3::4]
        if left != right:
            raise ValueError("the channels differ")
        mono = bytearray(len(frames) // 2)
        mono[0::2], mono[1::2] = frames[0::4], frames[1::4]
        self.samples += mono
        self.parts[-1]["samples"] += len(frames) // 4

    def late(self, time: int) -> None:
        """Record an underrun."""
        self.underruns.append(time)

    def save(self, path: Path) -> None:
        """Write a WAV file, and next to it a JSON file with the times of the parts and underruns in seconds."""
        with replacing(path) as part, wave.open(str(part), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(round(self._rate) or 16000)
            file.writeframes(bytes(self.samples))
        times = [time / SECOND for time in self.underruns]
        write_text(path.with_suffix(".json"), json.dumps({"parts": self.parts, "underruns": times}) + "\n")
