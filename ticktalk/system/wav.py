"""Write WAV files atomically."""

import errno
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ticktalk.system.files import replacing

MOST_SAMPLES = (1 << 31) - 64  # the header stores sizes in bytes as 32-bit numbers


@contextmanager
def wav_file(path: Path, rate: int) -> Iterator[Callable[[np.ndarray], None]]:
    """Yield a function that appends int16 mono samples. The file appears only when it is complete. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)

        def append(pcm: np.ndarray) -> None:
            if file.tell() + len(pcm) > MOST_SAMPLES:
                raise OSError(
                    errno.EFBIG, f"a WAV file holds at most {MOST_SAMPLES} samples; shorten the text", str(path)
                )
            file.writeframesraw(pcm.astype("<i2").tobytes())

        yield append


def write_wav(path: Path, pcm: np.ndarray, rate: int) -> None:
    """Write int16 mono samples to a WAV file. Raises OSError."""
    with wav_file(path, rate) as append:
        append(pcm)
