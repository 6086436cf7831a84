"""WAV files, written as a whole or not at all."""

import errno
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ticktalk.system.files import replacing

MOST_SAMPLES = (1 << 31) - 64  # sizes in the file are 32 bits of bytes


@contextmanager
def wav_file(path: Path, rate: int) -> Iterator[Callable[[np.ndarray], None]]:
    """A function that appends int16 mono samples; the file is there when all of them are. OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part, wave.open(str(part), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)

        def append(pcm: np.ndarray) -> None:
            if file.tell() + len(pcm) > MOST_SAMPLES:
                raise OSError(
                    errno.EFBIG, f"a WAV file has no room for more than {MOST_SAMPLES} samples; say less", str(path)
                )
            file.writeframesraw(pcm.astype("<i2").tobytes())

        yield append


def write_wav(path: Path, pcm: np.ndarray, rate: int) -> None:
    """int16 mono samples."""
    with wav_file(path, rate) as append:
        append(pcm)
