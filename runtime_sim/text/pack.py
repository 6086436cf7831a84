"""Load and check a language pack: manifest, rules, words, characters, lexicon, network (docs/explanation/text.md).

Any error is a one-line `LanguageError` that names the file and the key.
"""

from __future__ import annotations

import hashlib
import io
import tomllib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.system.errors import shown
from ticktalk.system.files import read_bytes, read_text

SCHEMA = 1
MANIFEST = "language.toml"
FILES = ("characters", "rules", "words", "lexicon", "letters")
MOST_BYTES = 1 << 24
_KEYS = {"name": str, "language": str, "phonemes": str, "licence": str, "sources": list, "files": dict, "chunks": list}


@dataclass(frozen=True)
class Pack:
    """A checked language pack.

    manifest: the parsed language.toml.
    characters, rules, words: the parsed TOML files of these names.
    lexicon: word -> phonemes.
    letters: the tables of the letter network.
    hash: SHA-256 over the hashes of the pack's files.
    """

    path: Path
    manifest: dict
    characters: dict
    rules: dict
    words: dict
    lexicon: dict[str, str]
    letters: dict[str, np.ndarray]
    hash: str


def load_pack(path: Path | str) -> Pack:
    """Load the pack at `path`.

    Raises `LanguageError` if a file is missing or corrupt, or if the schema is unsupported.
    """
    path = Path(path)
    manifest = _manifest(path)
    contents = {name: _contents(path, name, manifest["files"][name]) for name in FILES}
    where = {name: path / manifest["files"][name]["file"] for name in FILES}
    parsed = {name: _toml(contents[name], where[name]) for name in ("characters", "rules", "words")}
    digests = sorted(manifest["files"][name]["sha256"].lower() for name in FILES)
    return Pack(
        path,
        manifest,
        **parsed,
        lexicon=_lexicon(contents["lexicon"], where["lexicon"]),
        letters=_tables(contents["letters"], where["letters"]),
        hash=hashlib.sha256("".join(d + "\n" for d in digests).encode()).hexdigest(),
    )


def _manifest(path: Path) -> dict:
    file = path / MANIFEST
    try:
        manifest = tomllib.loads(read_text(file))
    except (FileNotFoundError, NotADirectoryError):
        raise LanguageError(f"{path}: not a language pack: it has no {MANIFEST}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise LanguageError(f"{file}: cannot be read: {' '.join(str(error).split())}") from None
    if manifest.get("schema") != SCHEMA:
        raise LanguageError(f"{file}: schema = {shown(manifest.get('schema'))}, but this program reads schema {SCHEMA}")
    for key, kind in _KEYS.items():
        if not isinstance(manifest.get(key), kind):
            raise LanguageError(
                f"{file}: key '{key}' is {shown(manifest.get(key))}, but must be of type {kind.__name__}"
            )
    for name in FILES:
        part = manifest["files"].get(name)
        if not (isinstance(part, dict) and isinstance(part.get("file"), str) and isinstance(part.get("sha256"), str)):
            raise LanguageError(f"{file}: key 'files.{name}' must have 'file' and 'sha256'")
        if Path(part["file"]).name != part["file"]:
            raise LanguageError(f"{file}: file '{part['file']}' must be a bare file name")
    if not all(isinstance(chunk, str) for chunk in manifest["chunks"]):
        raise LanguageError(f"{file}: key 'chunks' must be a list of strings")
    return manifest


def _contents(path: Path, name: str, part: dict) -> bytes:
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


def _toml(contents: bytes, file: Path) -> dict:
    try:
        return tomllib.loads(contents.decode())
    except (ValueError, RecursionError) as error:
        raise LanguageError(f"{file}: cannot be read: {' '.join(str(error).split())}") from None


def _lexicon(contents: bytes, file: Path) -> dict[str, str]:
    """Parse lines that hold a word, a space and its phonemes."""
    try:
        return dict(line.split(" ", 1) for line in contents.decode().splitlines())  # type: ignore[misc]
    except ValueError:
        raise LanguageError(f"{file}: each line must be a word, a space and its phonemes") from None


def _tables(contents: bytes, file: Path) -> dict[str, np.ndarray]:
    try:
        with np.load(io.BytesIO(contents), allow_pickle=False) as archive:
            return {name: np.asarray(archive[name]) for name in archive.files}
    except Exception as error:  # zipfile, zlib and NumPy raise more than a dozen types of exception
        raise LanguageError(f"{file}: cannot be read: {' '.join(str(error).split())}") from None
