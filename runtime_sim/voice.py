"""Load and check a voice folder: manifest, two int8 graphs, integer tables (see docs/reference/voice-folder.md).

Any problem raises a one-line `VoiceError` that names the file and the key. The rest of the project can rely on the
shapes and types in a `Voice`.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ticktalk.runtime_sim import speaker_tables, speakers
from ticktalk.runtime_sim.emphasis import LEVELS, Level, with_marks
from ticktalk.runtime_sim.errors import ModelError, ProsodyError, VoiceError
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.licence import ledger
from ticktalk.runtime_sim.text.stress import PRIMARY
from ticktalk.runtime_sim.vocoder.finish import EQUALISERS, GAINS, Finish, gain_for
from ticktalk.runtime_sim.vocoder.synthesis import checked_plan
from ticktalk.system.errors import shown
from ticktalk.system.files import read_bytes
from ticktalk.system.toml import read_toml

SCHEMA = 1
PACK = re.compile("[a-z0-9][a-z0-9-]{0,31}")  # name of a language pack
MOST_IDS = 256  # an id is sent to the watch as one byte
MOST_BYTES = 1 << 22  # limit for all tables together; those of a typical watch voice take about 20 kB
PHONEME_OUTPUTS = ("hidden", "duration")
SPECTRAL = ("harmonic", "rotation", "noise", "free", "free_cos", "free_sin")
LOG_HEADS = ("harmonic", "noise", "free")  # those that are log magnitudes
FRAME_OUTPUTS = ("pitch", "voicing", "energy", *SPECTRAL)
FREE = ("free", "free_cos", "free_sin")
# Optional parts and their tables. A voice must have at least one of these parts.
OPTIONAL = {("noise",): ("noise_gain",), FREE: ("free_gain", "free_zero_point")}

# Key -> type; a dotted key is an entry in a table.
_KEYS = {
    "name": str,
    "language": str,
    "sample_rate": int,
    "hop": int,
    "n_fft": int,
    "phonemes.phonemizer": str,
    "phonemes.symbols": dict,
    "phonemes.edge": int,
    "phonemes.limit": int,
    **{
        f"graphs.{graph}.{key}": kind
        for graph in ("phoneme", "frame")
        for key, kind in (("file", str), ("sha256", str), ("chunk", int), ("context", int), ("outputs", list))
    },
    "tables.file": str,
    "tables.sha256": str,
}
# Lower limits, if they are not 1, and upper limits. Other keys are checked against the graphs and tables.
_LEAST = {"sample_rate": 8_000, "phonemes.edge": 0, "graphs.phoneme.context": 0, "graphs.frame.context": 0}
_MOST = {"sample_rate": 192_000, "hop": 1 << 12, "n_fft": 1 << 14}

# Table -> (dtype, shape). None means any length, which _check_fit compares with the graphs.
_TABLES = {
    "embedding": ("int8", (None, None)),
    "hidden_to_frame": ("int8", (256,)),
    "position": ("int8", (None,)),
    "duration": ("uint16", (256,)),
    "pitch": ("uint32", (None,)),
    "voicing_threshold": ("int16", ()),
    "harmonic_gain": ("uint32", (256,)),
    "noise_gain": ("uint32", (256,)),
    "free_gain": ("uint32", (256,)),
    "rotation_cos": ("int16", (256,)),
    "rotation_sin": ("int16", (256,)),
    "free_zero_point": ("int16", (2,)),
}


@dataclass(frozen=True)
class Voice:
    """A voice whose files have been checked.

    manifest: the parsed voice.toml.
    path: the voice folder.
    graphs: {"phoneme": Graph, "frame": Graph}.
    tables: {name: integer ndarray}.
    hash: the voice hash, 64 hexadecimal digits.
    """

    manifest: dict
    path: Path
    graphs: dict[str, Graph]
    tables: dict[str, np.ndarray]
    hash: str
    models: dict[str, bytes] = field(repr=False)  # the .tflite bytes, for the oracles

    def width(self, graph: str, role: str) -> int:
        """Return the number of channels of the graph's output with this role."""
        position = self.manifest["graphs"][graph]["outputs"].index(role)
        g = self.graphs[graph]
        return int(g.tensors[g.outputs[position]].shape[-1])

    @property
    def spectral_widths(self) -> dict[str, int]:
        """Number of bins in each spectral output of the frame graph, by role. The maximum is n_fft / 2 + 1."""
        return {
            role: self.width("frame", role) for role in SPECTRAL if role in self.manifest["graphs"]["frame"]["outputs"]
        }

    @property
    def mean_pitch(self) -> int:
        """Index of the voice's mean pitch in the pitch table, where the graph's `pitch` is 0 in every channel."""
        g, outputs = self.graphs["frame"], self.manifest["graphs"]["frame"]["outputs"]
        return self.width("frame", "pitch") * (128 + g.tensors[g.outputs[outputs.index("pitch")]].zero_point)

    @cached_property
    def symbols(self) -> dict[str, int]:
        """The id of each phoneme of voice.toml and of each mark of emphasis: {symbol: id}."""
        free = range(len(self.tables["embedding"]), MOST_IDS)
        return with_marks(self.manifest["phonemes"]["symbols"], free)

    @property
    def marks(self) -> dict[int, Level]:
        """The level of each mark of emphasis by id."""
        rows = len(self.tables["embedding"])
        return {self.symbols[mark]: level for mark, level in LEVELS.items() if self.symbols.get(mark, 0) >= rows}

    @cached_property
    def embedding(self) -> np.ndarray:
        """The phoneme graph's input for each id, int8 [ids, channels]: the table's rows and those of the marks."""
        table = self.tables["embedding"][:MOST_IDS]
        return np.concatenate([table, *(table[self.symbols[PRIMARY], None] for _ in self.marks)])

    @property
    def speakers(self) -> list[str]:
        """The names of the speakers, or an empty list if there is only one, who has no name."""
        return self.manifest.get("speakers", [])

    def speaker(self, name: str | None) -> int:
        """Return the number of the speaker with this name; None is the first speaker. Raises `ProsodyError`."""
        return speakers.number_of(name, self.speakers, self.manifest["name"])

    def check_speaker(self, number: int) -> None:
        """Raise `ProsodyError` unless the voice has a speaker with this number."""
        speakers.check_number(number, self.speakers, self.manifest["name"])

    @property
    def finish(self) -> Finish:
        """The gain and the equaliser."""
        sound = self.manifest.get("sound", {})
        return Finish(**{key: sound[key] for key in ("gain", "equaliser") if key in sound})

    def input_width(self, graph: str) -> int:
        """Return the number of channels of a graph's input."""
        g = self.graphs[graph]
        return int(g.tensors[g.inputs[0]].shape[-1])


def load_voice(path: Path | str) -> Voice:
    """Load the voice folder at `path`.

    Raises `VoiceError` if a file is missing or corrupt, or if the schema is unsupported.
    """
    path = Path(path)
    manifest = _manifest(path)
    parts = {
        "phoneme": manifest["graphs"]["phoneme"],
        "frame": manifest["graphs"]["frame"],
        "tables": manifest["tables"],
    }
    contents = {name: _contents(path, part) for name, part in parts.items()}
    graphs = {name: _graph(path / parts[name]["file"], contents[name], parts[name]) for name in ("phoneme", "frame")}
    tables = _tables(path / parts["tables"]["file"], parts["frame"]["outputs"], "speakers" in manifest)
    voice = Voice(
        manifest,
        path,
        graphs,
        tables,
        voice_hash(part["sha256"] for part in parts.values()),
        {name: contents[name] for name in ("phoneme", "frame")},
    )
    _check_fit(voice)
    return voice


def with_sound(voice: Voice, loudness: float | None = None, equaliser: str | None = None) -> Voice:
    """Return a copy of the voice with a different loudness (LUFS) or equaliser, or the voice itself if both are None.

    Raises `VoiceError` if the loudness of the voice is unknown, and `ProsodyError` if a value is invalid.
    """
    file, sound = voice.path / "voice.toml", dict(voice.manifest.get("sound", {}))
    if loudness is not None:
        if "lufs" not in sound:
            raise VoiceError(f"{file}: no key 'sound.lufs', which --loudness needs; see docs/reference/voice-folder.md")
        if not -60 <= loudness <= 0:
            raise ProsodyError(f"loudness {loudness:g}: must be from -60 to 0 LUFS")
        sound["gain"] = gain_for(sound["lufs"], loudness)
    if equaliser is not None:
        if equaliser not in EQUALISERS:
            raise ProsodyError(f"no equaliser '{equaliser}'; choose {', '.join(EQUALISERS)}")
        sound["equaliser"] = equaliser
    return replace(voice, manifest=voice.manifest | {"sound": sound}) if sound else voice


def voice_hash(file_hashes: Iterable[str]) -> str:
    """Return the voice hash: SHA-256 over the sorted hexadecimal file hashes, each followed by a newline."""
    return hashlib.sha256("".join(h + "\n" for h in sorted(file_hashes)).encode()).hexdigest()


def _manifest(path: Path) -> dict:
    file = path / "voice.toml"
    manifest = read_toml(file, VoiceError, f"{path}: not a voice folder: it has no voice.toml")
    if type(manifest.get("schema")) is not int or manifest["schema"] != SCHEMA:
        raise VoiceError(f"{file}: schema = {shown(manifest.get('schema'))}, but this program reads schema {SCHEMA}")
    for dotted, kind in _KEYS.items():
        value: Any = manifest
        for key in dotted.split("."):
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            raise VoiceError(f"{file}: key '{dotted}' is missing")
        if not isinstance(value, kind) or isinstance(value, bool):
            raise VoiceError(f"{file}: key '{dotted}' is {shown(value)}, but must be of type {kind.__name__}")
        if isinstance(value, str) and not value.isprintable():
            raise VoiceError(f"{file}: key '{dotted}' is {shown(value)}, but must be text on one line")
        if isinstance(value, int) and value < _LEAST.get(dotted, 1):
            raise VoiceError(f"{file}: key '{dotted}' is {shown(value)}, but must be at least {_LEAST.get(dotted, 1)}")
        if isinstance(value, int) and value > _MOST.get(dotted, value):
            raise VoiceError(f"{file}: key '{dotted}' is {shown(value)}, but must be at most {_MOST[dotted]}")
    for graph, roles in (("phoneme", PHONEME_OUTPUTS), ("frame", FRAME_OUTPUTS)):
        outputs = list(map(str, manifest["graphs"][graph]["outputs"]))
        complete = [set(roles), *(set(roles) - set(part) for part in OPTIONAL)]
        if len(outputs) != len(set(outputs)) or set(outputs) not in complete:
            optional = " (either noise or free, free_cos and free_sin may be omitted)" if graph == "frame" else ""
            raise VoiceError(
                f"{file}: key 'graphs.{graph}.outputs' must contain each of {', '.join(roles)} exactly once{optional}"
            )
    for symbol, number in manifest["phonemes"]["symbols"].items():
        if len(symbol) != 1 or type(number) is not int:
            raise VoiceError(
                f"{file}: key 'phonemes.symbols': {shown(symbol)} = {shown(number)} must be one character and its id"
            )
    _check_packs(manifest["phonemes"].get("packs", []), file)
    ledger(manifest, file)
    _check_sound(manifest.get("sound", {}), file)
    speakers.check_names(manifest, file)
    return manifest


def _check_packs(packs: object, file: Path) -> None:
    """Check the optional key `phonemes.packs`."""
    names = packs if isinstance(packs, list) else [None]
    if not all(isinstance(name, str) and PACK.fullmatch(name) for name in names) or len({*names}) < len(names):
        raise VoiceError(
            f"{file}: key 'phonemes.packs' is {shown(packs)}, but must be a list of distinct language pack names"
        )


def _check_sound(sound: dict, file: Path) -> None:
    """Check the optional table `sound`."""
    for key, fits, wanted in (
        ("lufs", lambda value: type(value) in (int, float) and -60 <= value <= 0, "a number from -60 to 0"),
        ("gain", lambda value: type(value) is int and GAINS[0] <= value <= GAINS[1], "an integer from {} to {}"),
        ("equaliser", lambda value: isinstance(value, str) and value in EQUALISERS, f"one of {', '.join(EQUALISERS)}"),
    ):
        if key in sound and not fits(sound[key]):
            raise VoiceError(f"{file}: key 'sound.{key}' is {shown(sound[key])}, but must be {wanted.format(*GAINS)}")


def _contents(path: Path, part: dict) -> bytes:
    """Return the contents of one of the voice's files after checking its hash."""
    if Path(part["file"]).name != part["file"]:  # no access outside the voice folder
        raise VoiceError(f"{path / 'voice.toml'}: file '{part['file']}' must be a bare file name")
    file = path / part["file"]
    try:
        contents = read_bytes(file)
    except OSError as error:
        raise VoiceError(f"{file}: cannot be read: {error.strerror}") from None
    if hashlib.sha256(contents).hexdigest() != part["sha256"].lower():
        raise VoiceError(f"{file}: corrupted: its SHA-256 does not match voice.toml; download or rebuild the voice")
    return contents


def _graph(file: Path, contents: bytes, part: dict) -> Graph:
    """Return one graph after checking its input and outputs against the manifest's chunk and context."""
    try:
        graph = load_graph(contents, str(file))
    except ModelError as error:
        raise VoiceError(_one_line(error)) from None
    if len(graph.inputs) != 1 or len(graph.outputs) != len(part["outputs"]):
        raise VoiceError(
            f"{file}: has {len(graph.inputs)} inputs and {len(graph.outputs)} outputs, "
            f"but voice.toml states 1 and {len(part['outputs'])}"
        )
    wanted = [("input", graph.inputs[0], part["chunk"] + 2 * part["context"])]
    wanted += [(f"output '{role}'", index, part["chunk"]) for role, index in zip(part["outputs"], graph.outputs)]
    for what, index, rows in wanted:
        tensor = graph.tensors[index]
        shape = tuple(int(n) for n in tensor.shape)
        if np.dtype(tensor.dtype) != np.int8 or len(shape) != 4 or shape[:3] != (1, 1, rows):
            raise VoiceError(
                f"{file}: {what} is {tensor.dtype} {list(shape)}, but must be int8 [1, 1, {rows}, channels]"
            )
    return graph


def _tables(file: Path, outputs: list[str], several: bool) -> dict[str, np.ndarray]:
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MOST_BYTES:
            raise ValueError(f"its tables take {unpacked} bytes, but at most {MOST_BYTES} are allowed")
        with np.load(file, allow_pickle=False) as archive:
            tables = {name: np.asarray(archive[name]) for name in archive.files}
    except Exception as error:  # zipfile, zlib and NumPy raise more than a dozen types of exception
        raise VoiceError(f"{file}: cannot be read: {_one_line(error)}") from None
    unused = {table for part, names in OPTIONAL.items() if part[0] not in outputs for table in names}
    for name in speaker_tables.TABLES:
        if name in tables and not several:
            raise VoiceError(f"{file}: table '{name}' needs the key 'speakers', which voice.toml lacks")
    for name, (dtype, shape) in (_TABLES | (speaker_tables.TABLES if several else {})).items():
        if name in unused:
            continue
        if name not in tables:
            raise VoiceError(f"{file}: table '{name}' is missing")
        table = tables[name]
        fits = table.ndim == len(shape) and all(n in (None, m) for n, m in zip(shape, table.shape))
        if table.dtype != dtype or not fits or 0 in table.shape:
            raise VoiceError(
                f"{file}: table '{name}' is {table.dtype} {list(table.shape)}, but must be {dtype} "
                f"[{', '.join('n' if n is None else str(n) for n in shape)}]"
            )
    return tables


def _check_fit(voice: Voice) -> None:
    """Check that channel counts, table lengths and ids match across files."""
    phonemes, tables = voice.manifest["phonemes"], voice.tables
    more = speaker_tables.check_tables(tables, voice.speakers, voice.width("phoneme", "hidden"), str(voice.path))
    wanted = [
        (
            "columns of embedding and input channels of the phoneme graph",
            tables["embedding"].shape[1],
            voice.input_width("phoneme"),
        ),
        (
            "the frame graph's hidden channels plus 2, and its input channels",
            voice.width("phoneme", "hidden") + 2,
            voice.input_width("frame"),
        ),
        ("duration channels and the required number", voice.width("phoneme", "duration"), 1),
        ("voicing channels and the required number", voice.width("frame", "voicing"), 1),
        *(
            (f"{role} channels and {other} channels", voice.width("frame", role), voice.width("frame", other))
            for role, other in (("rotation", "harmonic"), ("free_cos", "free"), ("free_sin", "free"))
            if role in voice.spectral_widths
        ),
        (
            "length of the pitch table and 255 * pitch channels + 1 + the largest speaker_pitch",
            len(tables["pitch"]),
            255 * voice.width("frame", "pitch") + 1 + more,
        ),
    ]
    for what, one, other in wanted:
        if one != other:
            raise VoiceError(f"{voice.path}: {what} must be equal, but are {one} and {other}")
    try:
        checked_plan(tables, voice.manifest["hop"], voice.manifest["n_fft"])
    except VoiceError as error:
        raise VoiceError(f"{voice.path}: {error}") from None
    bins = voice.manifest["n_fft"] // 2 + 1
    for role, width in voice.spectral_widths.items():
        if not 2 <= width <= bins:
            raise VoiceError(
                f"{voice.path}: '{role}' has {width} channels, but must have from 2 to n_fft / 2 + 1, which is {bins}"
            )
    ids = [phonemes["edge"], *phonemes["symbols"].values()]
    if min(ids) < 0 or max(ids) >= min(len(tables["embedding"]), MOST_IDS):
        raise VoiceError(
            f"{voice.path / 'voice.toml'}: key 'phonemes.symbols' has ids {min(ids)} to {max(ids)}, "
            f"but the embedding has rows 0 to {len(tables['embedding']) - 1}"
        )
    if not 3 <= phonemes["limit"] <= 1019:  # a console frame holds 1024 bytes, and flags and seed take 5
        raise VoiceError(
            f"{voice.path / 'voice.toml'}: key 'phonemes.limit' is {phonemes['limit']}, but must be from 3 to 1019"
        )


def _one_line(error: Exception) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in str(error)).split())
