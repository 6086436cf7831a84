"""Read Kokoro-82M's styles, and mix them. A style is a speaker: one vector per sentence length.

The styles are files NAME.bin, float32 [LENGTHS, WIDTH], in a folder or in the npm package kokoro-js. In that package,
the first letter of NAME is the language and the second the sex: `af_heart` is American and female.
"""

import re
import tarfile
import zlib
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np

from ticktalk.converter.audio.recording_checks import UnfitError
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.system.errors import shown
from ticktalk.system.files import read_bytes

LENGTHS, WIDTH = 510, 256
PACK = "npm pack kokoro-js@1.2.1"
ARCHIVE = "kokoro-js-1.2.1.tgz"  # what it writes into the current folder
VOICES = "voices"  # folder of the styles in kokoro-js
NAME = re.compile(r"[A-Za-z0-9_-]+")
HEAVIEST = 1e6  # largest accepted weight


def mixture(voice: str) -> list[tuple[str, float]]:
    """Return the styles of a voice and their weights, which add up to 1.

    A voice is NAME, or a mixture such as `af_heart*0.7+af_bella*0.3`, where the weight defaults to 1. Raises
    DistillError if it is neither.
    """
    found = []
    for part in voice.split("+"):
        name, star, text = part.partition("*")
        try:
            weight = float(text) if star else 1.0
        except ValueError:
            weight = 0.0
        if not NAME.fullmatch(name.strip()) or not 0 < weight <= HEAVIEST:
            raise DistillError(
                f"teacher kokoro: voice {shown(voice)} must be a style, or a mixture such as af_heart*0.7+af_bella*0.3 "
                f"with weights above 0, and up to {HEAVIEST:g}"
            )
        found.append((name.strip(), weight))
    total = sum(weight for _, weight in found)
    return [(name, weight / total) for name, weight in found]


def mixed(styles: Path, parts: Sequence[tuple[str, float]]) -> np.ndarray:
    """Return the weighted mean of the styles `parts`, float32 [LENGTHS, WIDTH].

    Raises DistillError if a style is missing or invalid.
    """
    known = names(styles)
    found = np.zeros((LENGTHS, WIDTH))
    for name, weight in parts:
        if name not in known:
            raise DistillError(f"{styles}: contains no style {shown(name)}; choose from {', '.join(known)}")
        found += weight * _style(styles, name)
    return found.astype(np.float32)


def for_letters(style: np.ndarray, count: int) -> np.ndarray:
    """Return the vector of a style for a sentence of `count` letters, float32 [1, WIDTH].

    Raises UnfitError if the sentence is too long for the model.
    """
    if count > LENGTHS:
        raise UnfitError(f"{count} phonemes, but kokoro speaks at most {LENGTHS} per sentence")
    return style[max(count - 1, 0)][None]


def names(styles: Path) -> list[str]:
    """Return the names of all styles in `styles`: a folder of NAME.bin, or kokoro-js as a folder or as a .tgz.

    Raises MissingToolError if `styles` does not exist, and DistillError if it contains no styles.
    """
    if not styles.exists():
        raise MissingToolError(
            f"{styles}: not found, but teacher kokoro reads its styles from it: run `{PACK}` in this folder, or set "
            "`styles` in your own .toml (docs/reference/teachers.md)"
        )
    found = sorted(_folder(styles)) if styles.is_dir() else sorted(_archive(styles))
    if not found:
        raise DistillError(f"{styles}: contains no styles (NAME.bin); `{PACK}` writes an archive that does")
    return found


def _style(styles: Path, name: str) -> np.ndarray:
    if styles.is_dir():
        file = _folder(styles)[name]
        try:
            data, source = read_bytes(file), str(file)
        except OSError as error:
            raise DistillError(f"{file}: cannot be read: {error.strerror}") from None
    else:
        data, source = _archive(styles)[name], f"{styles}, {name}.bin"
    if len(data) != LENGTHS * WIDTH * 4:
        raise DistillError(f"{source}: has {len(data)} bytes, but a style has {LENGTHS * WIDTH * 4}")
    style = np.frombuffer(data, "<f4").reshape(LENGTHS, WIDTH).astype(np.float64)
    if not np.isfinite(style).all():
        raise DistillError(f"{source}: contains NaN or infinite values, so it is not a style")
    return style


def _folder(styles: Path) -> dict[str, Path]:
    inner = styles / VOICES
    return {file.stem: file for file in (inner if inner.is_dir() else styles).glob("*.bin")}


@cache
def _archive(styles: Path) -> dict[str, bytes]:
    """Return the styles in an archive, which is read once."""
    found = {}
    try:
        with tarfile.open(styles, "r:gz") as archive:
            for member in archive:
                path = Path(member.name)
                if path.suffix == ".bin" and path.parent.name == VOICES and (file := archive.extractfile(member)):
                    found[path.stem] = file.read(LENGTHS * WIDTH * 4 + 1)
    except OSError as error:
        raise DistillError(f"{styles}: cannot be read: {error.strerror or error}") from None
    except (tarfile.TarError, EOFError, zlib.error, ValueError) as error:
        raise DistillError(f"{styles}: not the archive that `{PACK}` writes ({error})") from None
    return found
