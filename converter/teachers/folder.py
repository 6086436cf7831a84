"""The teacher `folder`: recordings that are already there, in LJSpeech's layout.

PATH/metadata.csv       id|text  or  id|text|text with numbers as words, a line each
     wavs/id.wav
"""

import hashlib
from pathlib import Path

from ticktalk.converter.audio.wav import read_wav
from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.teacher import Card, Recording, Teacher


class Folder(Teacher):
    """Its voice is the folder's path. Says the folder's own texts and no others; audio only."""

    def __init__(self, card: Card):
        super().__init__(card)
        if not self.voice:
            raise DistillError(f"teacher {card.name}: give the folder, {card.name}:PATH")
        self._path, self._files = Path(self.voice), {}
        # The ledger names the data, not a path of this machine.
        self.voice = self._path.resolve().name
        metadata = self._path / "metadata.csv"
        try:
            content = metadata.read_bytes()
            lines = content.decode("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise DistillError(
                f"{metadata}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}"
            ) from None
        self.version = f"metadata.csv {hashlib.sha256(content).hexdigest()[:16]}"
        for number, line in enumerate(lines, 1):
            name, *texts = line.split("|")
            if not line.strip():
                continue
            if not 1 <= len(texts) <= 2 or not texts[-1].strip() or Path(name).name != name:
                raise DistillError(f"{metadata}: line {number} should be id|text or id|text|text, is {line[:60]!r}")
            self._files.setdefault(texts[-1].strip(), self._path / "wavs" / f"{name}.wav")
        if not self._files:
            raise DistillError(f"{metadata}: there are no lines in it")

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Whatever path the user gives."""
        return [card.voice or "PATH"]

    def sentences(self) -> list[str]:
        """The texts of metadata.csv, the last column."""
        return list(self._files)

    def recordings(self, text: str) -> list[Recording]:
        """The file of this text."""
        file = self._files[text]
        try:
            data = file.read_bytes()
        except OSError as error:
            raise DistillError(f"{file}: cannot be read: {error.strerror}") from None
        return [Recording(*read_wav(data, str(file)))]
