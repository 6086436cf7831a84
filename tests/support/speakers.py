"""A voice with several speakers, whose tables are random."""

import hashlib
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from tests.support.paths import TINY
from ticktalk.runtime_sim.prosody import Prosody
from ticktalk.runtime_sim.vocoder.tables import INCREMENTS
from ticktalk.runtime_sim.voice import Voice, load_voice

NAMES = ["heart", "emma", "em"]  # one is a prefix of another
PITCH = [0, 90, 31]


def speaker_tables(tables: dict[str, np.ndarray], hidden: int, names=NAMES) -> dict[str, np.ndarray]:
    """Return the tables of a voice and of its speakers. Offsets are large, so that many sums saturate."""
    rng = np.random.default_rng(3)
    pitch = np.array([PITCH[k % len(PITCH)] for k in range(len(names))], np.int16)
    table = tables["pitch"].astype(np.float64)
    step = (table[-1] / table[0]) ** (1 / (len(table) - 1))
    more = np.clip(table[-1] * step ** np.arange(1, pitch.max() + 1), *INCREMENTS).astype(np.uint32)
    rows = {
        name: (len(names), width) for name, width in (("embedding", tables["embedding"].shape[1]), ("hidden", hidden))
    }
    return tables | {
        **{f"speaker_{name}": rng.integers(-128, 128, shape).astype(np.int8) for name, shape in rows.items()},
        "speaker_pitch": pitch,
        "pitch": np.concatenate([tables["pitch"], more]),
    }


def with_speakers(voice: Voice, names=NAMES) -> Voice:
    """Return the voice with several speakers."""
    tables = speaker_tables(voice.tables, voice.width("phoneme", "hidden"), names)
    return replace(voice, manifest=voice.manifest | {"speakers": list(names)}, tables=tables)


def cycled(prosodies: list[Prosody]) -> list[Prosody]:
    """Return the prosodies with the speakers in turn."""
    return [replace(prosody, speaker=k % len(NAMES)) for k, prosody in enumerate(prosodies)]


def write_speakers(folder: Path, names=NAMES) -> Path:
    """Write the tiny voice with several speakers to a folder, and return it."""
    shutil.copytree(TINY, folder)
    tiny = load_voice(TINY)
    np.savez(folder / "tables.npz", **speaker_tables(tiny.tables, tiny.width("phoneme", "hidden"), names))
    digest = hashlib.sha256((folder / "tables.npz").read_bytes()).hexdigest()
    file = folder / "voice.toml"
    text = re.sub(r'(file = "tables.npz"\nsha256 = )"\w+"', rf'\1"{digest}"', file.read_text())
    file.write_text(text.replace("schema = 1\n", f"schema = 1\nspeakers = {list(names)}\n"))
    return folder
