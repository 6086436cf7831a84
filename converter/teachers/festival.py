"""The engine `festival`, which runs festival's program text2wave once per text."""

import tempfile
from functools import partial
from pathlib import Path

from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.program import run
from ticktalk.converter.teachers.teacher import Card, Recording, Teacher

PACKAGES = "festival festvox-us-slt-hts"
_festival, _text2wave = partial(run, "festival", PACKAGES), partial(run, "text2wave", PACKAGES)


class Festival(Teacher):
    """The voices are festival's own and those in festvox packages.

    Recordings are deterministic and have no durations.
    """

    def __init__(self, card: Card):
        super().__init__(card)
        installed = self.voices(card)
        if self.voice not in installed:
            raise DistillError(
                f"festival has no voice {self.voice!r}; installed: {', '.join(installed) or 'none'}; for more, "
                f"apt install {PACKAGES}"
            )
        # "festival: Festival Speech Synthesis System: 2.5.0:release December 2017"
        self.version = _festival("--version").decode().split("System:")[-1].split(":")[0].strip()

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the voices that festival lists."""
        return _festival("-b", "(print (voice.list))").decode().strip("()\n ").split()

    def recordings(self, text: str) -> list[Recording]:
        """Return the whole text as one recording."""
        with tempfile.TemporaryDirectory() as folder:
            # text2wave writes the length into the header at the end, so it needs a seekable file
            file = Path(folder, "said.wav")
            _text2wave("-o", str(file), "-eval", f"(voice_{self.voice})", text=text)
            audio, rate = read_wav(file.read_bytes(), f"festival, {text!r}")
        return [Recording(audio, rate)]
