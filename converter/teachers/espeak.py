"""The engine `espeak-ng`, which runs espeak-ng once per text."""

from functools import partial

from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.program import run
from ticktalk.converter.teachers.teacher import Card, Recording, Teacher
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.phonemizers.espeak_ng import check_voice

_run = partial(run, "espeak-ng", "espeak-ng")


class Espeak(Teacher):
    """The voices are espeak-ng's languages and variants. Recordings are deterministic and have no durations."""

    def __init__(self, card: Card):
        super().__init__(card)
        # "eSpeak NG text-to-speech: 1.51  Data at: /usr/lib/..."
        self.version = _run("--version").decode().partition(":")[2].split()[0]
        try:
            check_voice(self.voice)
        except VoiceError as error:
            raise DistillError(f"teacher {card.name}: {error}") from None
        if not self.voice.startswith("en"):  # a variant may follow the language, as in "de+f2"
            self._speak(self.voice.partition("+")[0], "espeak-ng", f"teacher {card.name}")

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the English voices only, although espeak-ng also supports other languages."""
        return list(dict.fromkeys(line.split()[1] for line in _run("--voices=en").decode().splitlines()[1:]))

    def recordings(self, text: str) -> list[Recording]:
        """Return the whole text as one recording."""
        audio, rate = read_wav(_run("-v", self.voice, "--stdin", "--stdout", text=text), f"espeak-ng, {text!r}")
        return [Recording(audio, rate)]
