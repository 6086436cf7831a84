"""Distil a voice after changing one line of converter/geometry.py, in its own process:

    python -m tests.support.other_geometry HOP N_FFT RECORDINGS FOLDER

The line is changed before any other module of the converter is imported. If the sample rate, hop or number of bins were
also defined elsewhere, the definitions would no longer match.
"""

import os
import sys
from pathlib import Path


def main(hop: int, n_fft: int, recordings: str, folder: Path) -> None:
    """Make a tiny voice in FOLDER/voice with real features, training and export."""
    from ticktalk.converter import geometry

    geometry.GEOMETRY = geometry.Geometry(geometry.GEOMETRY.rate, hop, n_fft)
    from ticktalk.converter.distill import distill
    from ticktalk.converter.training.batches import BatchShape
    from ticktalk.converter.training.student import StudentConfig

    tiny = StudentConfig(
        phoneme_channels=16, phoneme_blocks=0, prosody_channels=8, prosody_blocks=0, channels=16, blocks=0
    )
    distill(
        f"folder:{recordings}",
        out=folder / "voice",
        minutes=0.01,
        work=folder / "work",
        workers=1,
        config=tiny,
        shape=BatchShape(size=2, frames=16, phonemes=24),
        judge=False,
    )


if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "jax")
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], Path(sys.argv[4]))
