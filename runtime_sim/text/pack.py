"""Load and check a language pack: manifest, rules, words, characters, lexicon, network (docs/explanation/text.md).

A pack may extend a different pack in the same parent folder. Such a pack shares the test tables, and all files that it
does not list, with the other pack. Any error is a one-line `LanguageError` that names the file and the key."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.smaller import leave_out
from ticktalk.system.errors import shown
from ticktalk.system.files import read_bytes, write_text
from ticktalk.system.home import cache_folder
from ticktalk.system.toml import parse_toml, read_toml

if TYPE_CHECKING:
    import numpy as np

SCHEMA = 1
MANIFEST = "language.toml"
FILES = ("characters", "rules", "words", "lexicon", "letters")
MOST_BYTES = 1 << 24
_KEYS = {"name": str, "language": str, "phonemes": str, "licence": str, "sources": list, "files": dict, "chunks": list}


@dataclass(frozen=True)
class Pack:
    """A checked language pack.

    files: the path of each file. Files shared with an extended pack are in that pack's folder. tests: the folder with
    the test tables.
    manifest: the parsed language.toml.
    characters, rules, words: the parsed TOML files of these names.
    lexicon: word -> phonemes.
    network: the contents of the file with the letter network.
    hash: SHA-256 over the hashes of the pack's files and the parts that the pack leaves out.
    """

    path: Path
    files: dict[str, Path]
    tests: Path
    manifest: dict
    characters: dict
    rules: dict
    words: dict
    lexicon: dict[str, str]
    network: bytes = field(repr=False)
    hash: str

    @cached_property
    def letters(self) -> dict[str, np.ndarray]:
        """The tables of the letter network.

        The tables are loaded on first use, because much text does not need them and importing NumPy takes 0.1 s. Raises
        `LanguageError` if the file is corrupt.
        """
        return read_tables(self.network, self.files["letters"])


def load_pack(path: Path | str) -> Pack:
    """Load the pack at `path`.

    Raises `LanguageError` if a file is missing or corrupt, or if the schema is unsupported.
    """
    path = Path(path)
    manifest = _manifest(path)
    listed = {name: (path, part) for name, part in manifest["files"].items()}
    base = path
    if "extends" in manifest:
        base = path.parent / manifest["extends"]
        shared = _manifest(base)
        if "extends" in shared:
            raise LanguageError(f"{path / MANIFEST}: extends = '{base.name}', which itself extends another pack")
        listed = {name: (base, part) for name, part in shared["files"].items()} | listed
    contents = {name: _contents(*listed[name]) for name in FILES}
    where = {name: listed[name][0] / listed[name][1]["file"] for name in FILES}
    parsed = {
        name: _toml(contents[name], where[name], listed[name][1]["sha256"].lower())
        for name in ("characters", "rules", "words")
    }
    without = manifest.get("without", [])
    leave_out(parsed, without, f"{path / MANIFEST}: without")
    lines = sorted(listed[name][1]["sha256"].lower() for name in FILES) + without
    return Pack(
        path,
        where,
        base,
        manifest,
        **parsed,
        lexicon=_lexicon(contents["lexicon"], where["lexicon"]),
        network=contents["letters"],
        hash=hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest(),
    )


def _manifest(path: Path) -> dict:
    file = path / MANIFEST
    manifest = read_toml(file, LanguageError, f"{path}: not a language pack: it has no {MANIFEST}")
    if manifest.get("schema") != SCHEMA:
        raise LanguageError(f"{file}: schema = {shown(manifest.get('schema'))}, but this program reads schema {SCHEMA}")
    for key, kind in _KEYS.items():
        if not isinstance(manifest.get(key), kind):
            raise LanguageError(
                f"{file}: key '{key}' is {shown(manifest.get(key))}, but must be of type {kind.__name__}"
            )
    extends, without = manifest.get("extends"), manifest.get("without", [])
    if extends is not None and (not isinstance(extends, str) or Path(extends).name != extends):
        raise LanguageError(
            f"{file}: key 'extends' is {shown(extends)}, but must be the name of a folder next to this one"
        )
    if not (isinstance(without, list) and all(isinstance(part, str) for part in without)):
        raise LanguageError(f"{file}: key 'without' must be a list of strings")
    for name in FILES if extends is None else manifest["files"]:
        part = manifest["files"].get(name)
        if not (isinstance(part, dict) and isinstance(part.get("file"), str) and isinstance(part.get("sha256"), str)):
            raise LanguageError(f"{file}: key 'files.{name}' must have 'file' and 'sha256'")
        if Path(part["file"]).name != part["file"]:
            raise LanguageError(f"{file}: file '{part['file']}' must be a bare file name")
    if not all(isinstance(chunk, str) for chunk in manifest["chunks"]):
        raise LanguageError(f"{file}: key 'chunks' must be a list of strings")
    return manifest


def _contents(path: Path, part: dict) -> bytes:
    file = path / part["file"]
    try:
        contents = read_bytes(file)
    except OSError as error:
        raise LanguageError(f"{file}: cannot be read: {error.strerror}") from None
    if len(contents) > MOST_BYTES:
        raise LanguageError(f"{file}: has {len(contents)} bytes, but the limit is {MOST_BYTES}")
    if hashlib.sha256(contents).hexdigest() != part["sha256"].lower():
        raise LanguageError(
            f"{file}: SHA-256 does not match {MANIFEST}: rebuild the pack with `ticktalk language build`"
        )
    return contents


def _toml(contents: bytes, file: Path, digest: str) -> dict:
    """Parse a TOML file with this SHA-256. The result is cached as JSON, which loads 50 times as fast."""
    name = f"{digest}.json"
    with contextlib.suppress(OSError, ValueError, RecursionError):
        return json.loads(read_bytes(cache_folder() / "packs" / name))
    try:
        text = contents.decode()
    except UnicodeDecodeError:
        raise LanguageError(f"{file}: cannot be read: not UTF-8") from None
    parsed = parse_toml(text, file, LanguageError)
    with contextlib.suppress(OSError, TypeError):  # the folder is not writable, or the file has dates, which JSON lacks
        text, folder = json.dumps(parsed), cache_folder() / "packs"
        folder.mkdir(parents=True, exist_ok=True)
        write_text(folder / name, text)
    return parsed


def _lexicon(contents: bytes, file: Path) -> dict[str, str]:
    """Parse lines that hold a word, a space and its phonemes."""
    try:
        return dict(line.split(" ", 1) for line in contents.decode().splitlines())  # type: ignore[misc]
    except ValueError:
        raise LanguageError(f"{file}: each line must be a word, a space and its phonemes") from None


def read_tables(contents: bytes, file: Path) -> dict[str, np.ndarray]:
    """Return the tables of the letter network in `contents`, which are those of `file`.

    Raises a `LanguageError` that names the file if they are corrupt.
    """
    import numpy as np

    try:
        with np.load(io.BytesIO(contents), allow_pickle=False) as archive:
            return {name: np.asarray(archive[name]) for name in archive.files}
    except Exception as error:  # zipfile, zlib and NumPy raise more than a dozen types of exception
        raise LanguageError(f"{file}: cannot be read: {' '.join(str(error).split())}") from None
