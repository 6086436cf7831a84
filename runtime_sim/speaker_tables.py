"""The tables of a voice with several speakers (docs/reference/voice-folder.md)."""

from __future__ import annotations

import numpy as np

from ticktalk.runtime_sim.errors import VoiceError

# One row per speaker: table -> (dtype, shape), as in voice.py.
TABLES: dict[str, tuple[str, tuple[int | None, ...]]] = {
    "speaker_embedding": ("int8", (None, None)),
    "speaker_hidden": ("int8", (None, None)),
    "speaker_pitch": ("int16", (None,)),
}


def check_tables(tables: dict[str, np.ndarray], speakers: list[str], hidden: int, where: str) -> int:
    """Check that the tables of the speakers match, and return how many entries they add to the pitch table.

    `hidden` is the number of hidden channels. Raises a `VoiceError` that begins with `where`.
    """
    if not speakers:
        return 0
    for what, one, other in (
        *((f"rows of {name} and names in the key 'speakers'", len(tables[name]), len(speakers)) for name in TABLES),
        (
            "columns of speaker_embedding and of embedding",
            tables["speaker_embedding"].shape[1],
            tables["embedding"].shape[1],
        ),
        ("columns of speaker_hidden and hidden channels", tables["speaker_hidden"].shape[1], hidden),
    ):
        if one != other:
            raise VoiceError(f"{where}: {what} must be equal, but are {one} and {other}")
    if (lowest := int(tables["speaker_pitch"].min())) < 0:
        raise VoiceError(f"{where}: table 'speaker_pitch' contains {lowest}, but must not contain negative numbers")
    return int(tables["speaker_pitch"].max())


def with_speaker(tables: dict[str, np.ndarray], name: str, rows: np.ndarray, speaker: int) -> np.ndarray:
    """Add a speaker's row of the table `name`, if the voice has it, to each of the rows int8 [n, width], saturating."""
    if name not in tables:
        return rows
    return np.clip(rows.astype(np.int16) + tables[name][speaker], -128, 127).astype(np.int8)
