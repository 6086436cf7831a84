"""Measure a voice's loudness, and choose its gain.

The measure is the integrated loudness of ITU-R BS.1770-4, computed by pyloudnorm. The target is that of EBU R 128.
"""

from __future__ import annotations

import numpy as np

from ticktalk.converter.errors import INSTALL, MissingToolError
from ticktalk.runtime_sim.vocoder.finish import gain_for

TARGET = -23.0  # LUFS
SHORTEST = 0.4  # seconds of speech that have a loudness
TOLERANCE = 1.0  # tolerance in LU; a voice within the tolerance keeps its samples unchanged


def loudness(audio: np.ndarray, rate: int) -> float:
    """Return the loudness of mono speech of at least 0.4 s, full scale 1.0, in LUFS.

    Raises MissingToolError if pyloudnorm is not installed.
    """
    try:
        from pyloudnorm import Meter
    except ImportError:
        raise MissingToolError(f"the package pyloudnorm is not installed: {INSTALL}") from None
    return round(float(Meter(rate).integrated_loudness(audio.astype(np.float64))), 2)


def sound_of(lufs: float) -> dict:
    """Return the table `sound` for a voice that has a loudness of `lufs` without the table
    (docs/reference/voice-folder.md)."""
    return {"lufs": lufs} | ({"gain": gain_for(lufs, TARGET)} if abs(lufs - TARGET) > TOLERANCE else {})
