"""The speakers of a voice: the key `speakers` of voice.toml and its tables (docs/reference/voice-folder.md)."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from ticktalk.runtime_sim.errors import ProsodyError, VoiceError
from ticktalk.runtime_sim.prosody import MOST_SPEAKERS
from ticktalk.system.errors import shown

NAME = re.compile("[a-z0-9][a-z0-9-]{0,31}")
MOST_NAMES = 255  # characters of all names and the commas between them, which go into the console's banner

# The tables of a voice with the key `speakers`, one row per speaker: table -> (dtype, shape), as in voice.py.
TABLES: dict[str, tuple[str, tuple[int | None, ...]]] = {
    "speaker_embedding": ("int8", (None, None)),
    "speaker_hidden": ("int8", (None, None)),
    "speaker_pitch": ("int16", (None,)),
}


def check_names(manifest: dict, file: Path) -> None:
    """Raise `VoiceError` if the optional key `speakers` of the manifest `file` is invalid."""
    if "speakers" not in manifest:
        return
    names = manifest["speakers"] if isinstance(manifest["speakers"], list) else []
    if not (1 <= len(names) <= MOST_SPEAKERS and all(isinstance(name, str) and NAME.fullmatch(name) for name in names)):
        raise VoiceError(
            f"{file}: key 'speakers' is {shown(manifest['speakers'])}, but must be a list of 1 to {MOST_SPEAKERS} "
            "names of up to 32 lower-case letters, digits and hyphens"
        )
    if twice := [name for name in names if names.count(name) > 1]:
        raise VoiceError(f"{file}: key 'speakers' contains '{twice[0]}' twice; give each speaker its own name")
    if len(",".join(names)) > MOST_NAMES:
        raise VoiceError(f"{file}: key 'speakers' has {len(','.join(names))} characters; use at most {MOST_NAMES}")


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


def number_of(name: str | None, speakers: list[str], voice: str) -> int:
    """Return the number of the speaker called `name`, or 0 for None. `voice` is the voice's name.

    Raises a `ProsodyError` that lists the speakers.
    """
    if name is None:
        return 0
    if name not in speakers:
        raise ProsodyError(f"no speaker {shown(name)}: {_told(speakers, voice)}")
    return speakers.index(name)


def check_number(number: int, speakers: list[str], voice: str) -> None:
    """Raise a `ProsodyError` that lists the speakers unless there is a speaker with this number."""
    if not 0 <= number < max(1, len(speakers)):
        raise ProsodyError(f"no speaker {number}: {_told(speakers, voice)}")


def _told(speakers: list[str], voice: str) -> str:
    listed = f"choose {', '.join(speakers)}" if speakers else "it has only one, who has no name"
    return f"voice '{voice}': {listed}"


def with_speaker(tables: dict[str, np.ndarray], name: str, rows: np.ndarray, speaker: int) -> np.ndarray:
    """Add a speaker's row of the table `name`, if the voice has it, to each of the rows int8 [n, width], saturating."""
    if name not in tables:
        return rows
    return np.clip(rows.astype(np.int16) + tables[name][speaker], -128, 127).astype(np.int8)
