"""The engine `folder`, which uses existing recordings in LJSpeech's layout.

PATH/metadata.csv       one line per recording: id|text  or  id|text|text with numbers as words
     wavs/id.wav        or id.wav, next to metadata.csv
     recordings.toml    optional language and phonemizer, which can also be set in a teacher's .toml
                        (default: American English)
"""

import hashlib
import os
from pathlib import Path

from ticktalk.converter.audio.recording_checks import UnfitError
from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.teacher import Card, Recording, Teacher
from ticktalk.system.errors import shown
from ticktalk.system.files import lines_of, read_bytes, text_of, unreadable
from ticktalk.system.toml import read_toml

# maximum fraction of missing files; a higher fraction suggests the wrong folder or an incomplete copy
MISSING_SHARE = 0.05
NAMED = 5  # maximum number of skipped files to list
KEYS: dict[str, type | tuple[type, ...]] = {"language": str, "phonemizer": str}


class Folder(Teacher):
    """The voice is the path of the folder. The teacher can speak only the folder's sentences, and provides no
    durations.

    Missing files are reported in a note, and their sentences are omitted from `sentences`.
    """

    SETTINGS = KEYS | {"consent": str}  # the speaker's consent, for the ledger

    def __init__(self, card: Card):
        super().__init__(card)
        if not self.voice:
            raise DistillError(f"teacher {card.name}: specify the folder as {card.name}:PATH")
        self._path = Path(self.voice)
        self._files: dict[str, Path] = {}
        # The ledger must identify the data, not a path on this machine.
        self.voice = self._path.resolve().name
        metadata = self._path / "metadata.csv"
        try:
            content = read_bytes(metadata)
            lines = lines_of(text_of(content))
        except (OSError, UnicodeDecodeError) as error:
            raise DistillError(f"{metadata}: cannot be read: {unreadable(error)}") from None
        ids, repeated = set[str](), list[str]()
        for number, line in enumerate(lines, 1):
            name, *texts = line.split("|")
            if not line.strip():
                continue
            if not 1 <= len(texts) <= 2 or not texts[-1].strip() or Path(name).name != name:
                raise DistillError(f"{metadata}: line {number} is {line[:60]!r}, but must be id|text or id|text|text")
            if name in ids:
                raise DistillError(
                    f"{metadata}: line {number} has the id {name[:60]!r} again; give each recording its own id and file"
                )
            ids.add(name)
            if (text := texts[-1].strip()) in self._files:
                repeated.append(f"{name}.wav")
            else:
                self._files[text] = self._located(f"{name}.wav")
        if not self._files:
            raise DistillError(f"{metadata}: contains no lines")
        self._skip_missing(metadata)
        if repeated:
            self.notes += (f"{self._path}: {_listed(repeated)}: the same text as an earlier recording, skipped",)
        self.version = f"metadata.csv {hashlib.sha256(content).hexdigest()[:16]}"
        said = _recordings_toml(self._path / "recordings.toml")
        said |= {key: value for key, value in card.settings.items() if key in KEYS}
        if said:
            self._speak(said.get("language"), said.get("phonemizer"), self._path)
            self.version += f", {self.phonemizer}"

    def _located(self, name: str) -> Path:
        beside, usual = self._path / name, self._path / "wavs" / name
        return beside if beside.is_file() and not usual.is_file() else usual

    def _skip_missing(self, metadata: Path) -> None:
        missing = [text for text, file in self._files.items() if not file.is_file()]
        if not missing:
            return
        names = [f"wavs/{self._files[text].name}" for text in missing]
        if len(missing) > MISSING_SHARE * len(self._files):
            raise DistillError(
                f"{metadata}: {len(missing)} of the {len(self._files)} listed recordings are missing, including "
                f"{names[0]}; move them there, or remove their lines"
            )
        self.notes = (f"{self._path}: {_listed(names)}: missing, skipped",)
        self._files = {text: file for text, file in self._files.items() if text not in set(missing)}

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the path that the user specified."""
        return [card.voice or "PATH"]

    @property
    def facts(self) -> dict:
        """The teacher's facts, including the speaker's consent if it is known."""
        return super().facts | {key: value for key, value in self.card.settings.items() if key == "consent"}

    def sentences(self) -> list[str]:
        """Return the sentences in the last column of metadata.csv."""
        return list(self._files)

    def file(self, text: str) -> Path:
        """Return the file of the recording of `text`. Raises DistillError if it is not one of the sentences."""
        if text not in self._files:
            raise DistillError(
                f"teacher {self.card.name}: can speak only the sentences of {self._path / 'metadata.csv'}, not {text!r}"
            )
        return self._files[text]

    def files_hash(self, sentences: list[str]) -> str:
        """Return a hash of the contents of these recordings. Files that cannot be read count as empty."""
        total = hashlib.sha256()
        for text in sentences:
            try:
                total.update(hashlib.sha256(read_bytes(self.file(text))).digest())
            except OSError:
                total.update(bytes(32))
        return f"sha256 {total.hexdigest()[:16]}"

    def recordings(self, text: str) -> list[Recording]:
        """Return the recording of `text`. Raises UnfitError if the file is not a valid recording."""
        file = self.file(text)
        try:
            return [Recording(*read_wav(read_bytes(file), str(file)), source=str(file.relative_to(self._path)))]
        except OSError as error:
            raise UnfitError(f"{file}: cannot be read: {error.strerror}") from None
        except DistillError as error:
            raise UnfitError(str(error)) from None


def _listed(names: list[str]) -> str:
    return ", ".join(names[:NAMED]) + f" and {len(names) - NAMED} more" * (len(names) > NAMED)


def _recordings_toml(file: Path) -> dict[str, str]:
    """Return the language and the phonemizer specified in `file`.

    Raises a DistillError that names the key if a value is invalid.
    """
    said = read_toml(file, DistillError) if os.path.lexists(file) else {}
    for key, value in said.items():
        if key not in KEYS:
            raise DistillError(f"{file}: unknown key {shown(key)}; known keys are {', '.join(KEYS)}")
        if not isinstance(value, str):
            raise DistillError(f"{file}: key '{key}' is {shown(value)}, but must be a string")
    return said
