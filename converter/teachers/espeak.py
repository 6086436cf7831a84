"""The teacher `espeak-ng`: the program of that name, run once a text."""

import shutil
import subprocess

from converter.errors import DistillError, MissingToolError
from converter.teachers.teacher import Card, Recording, Teacher
from converter.wav import read_wav


class Espeak(Teacher):
    """Its voices are espeak-ng's languages and variants. Deterministic; audio only."""

    def __init__(self, card: Card):
        super().__init__(card)
        # "eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/..."
        self.version = _run("--version").decode().partition(":")[2].split()[0]

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """The English ones; it knows others too."""
        return list(dict.fromkeys(line.split()[1] for line in _run("--voices=en").decode().splitlines()[1:]))

    def recordings(self, text: str) -> list[Recording]:
        """One recording of the whole text."""
        audio, rate = read_wav(_run("-v", self.voice, "--stdin", "--stdout", text=text), f"espeak-ng, {text!r}")
        return [Recording(audio, rate)]


def _run(*arguments: str, text: str = "") -> bytes:
    program = shutil.which("espeak-ng")
    if program is None:
        raise MissingToolError("espeak-ng is not installed: apt install espeak-ng")
    done = subprocess.run([program, *arguments], input=text.encode(), capture_output=True)
    if done.returncode:
        raise DistillError(f"espeak-ng {' '.join(arguments)}: {' '.join(done.stderr.decode(errors='replace').split())}")
    return done.stdout
