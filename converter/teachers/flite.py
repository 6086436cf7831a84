"""The engine `flite`, which runs flite once per text."""

import tempfile
from functools import partial
from pathlib import Path

from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.program import run
from ticktalk.converter.teachers.teacher import Card, Recording, Teacher

_run = partial(run, "flite", "flite")


class Flite(Teacher):
    """The voices are those built into flite. Recordings are deterministic and have no durations."""

    def __init__(self, card: Card):
        super().__init__(card)
        installed = self.voices(card)
        if self.voice not in installed:  # otherwise flite would silently use another voice
            raise DistillError(f"flite has no voice {self.voice!r}; choose one of {', '.join(installed)}")
        # "version: flite-2.2-current Sep 2018 (http://cmuflite.org)"
        self.version = _run("--version", good=1).decode().partition("flite-")[2].split()[0]

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the voices that `flite -lv` lists."""
        return list(dict.fromkeys(_run("-lv").decode().partition(":")[2].split()))

    def recordings(self, text: str) -> list[Recording]:
        """Return the whole text as one recording."""
        with tempfile.TemporaryDirectory() as folder:
            # flite writes the length into the header at the end, so it needs a seekable file
            file = Path(folder, "said.wav")
            _run("-voice", self.voice, "-t", text, "-o", str(file))
            audio, rate = read_wav(file.read_bytes(), f"flite, {text!r}")
        return [Recording(audio, rate)]
