"""The engine `command`, which runs any program that writes a WAV file, once per text."""

import shutil
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.teachers.program import complaint_in
from ticktalk.converter.teachers.teacher import Card, Recording, Teacher
from ticktalk.system import processes
from ticktalk.system.files import read_bytes


class Command(Teacher):
    """`command` lists a program and its arguments, with the placeholders {text}; {voice}; {wav}, the file to write;
    {python}, the running Python. Without {text}, the text goes to standard input, and without {wav}, the WAV file is
    read from standard output. `package` is the Python package that the program needs. Recordings have no durations.
    """

    SETTINGS = {"command": list, "package": str, "language": str, "phonemizer": str}
    REQUIRED = ("command",)

    def __init__(self, card: Card):
        super().__init__(card)
        self._command, self.version = _checked(card)
        settings = card.settings
        if "language" in settings or "phonemizer" in settings:
            self._speak(settings.get("language"), settings.get("phonemizer"), f"teacher {card.name}")

    @classmethod
    def voices(cls, card: Card) -> list[str]:
        """Return the card's own voice if the program is installed. Other voices of the program are unknown."""
        _checked(card)
        return [card.voice] if card.voice else []

    def recordings(self, text: str) -> list[Recording]:
        """Return the whole text as one recording."""
        with tempfile.TemporaryDirectory() as folder:
            wav = Path(folder, "said.wav")
            values = {"{text}": text, "{voice}": self.voice, "{wav}": str(wav)}
            arguments = [_filled(each, values) for each in self._command]
            reads = any("{text}" in each for each in self._command)
            done = processes.run(arguments, input=None if reads else text.encode(errors="replace"))
            complaint = complaint_in(done.stderr)
            if done.returncode:
                raise DistillError(
                    f"teacher {self.card.name}: {self._command[0]}: {complaint or f'exit status {done.returncode}'}"
                )
            if any("{wav}" in each for each in self._command):
                if not wav.is_file():
                    raise DistillError(
                        f"teacher {self.card.name}: {self._command[0]} wrote no file {{wav}}: {complaint}"
                    )
                audio, rate = read_wav(read_bytes(wav), f"{self.card.name}, {text!r}")
            else:
                audio, rate = read_wav(done.stdout, f"{self.card.name}, {text!r}")
        return [Recording(audio, rate)]


def _filled(argument: str, values: dict[str, str]) -> str:
    """Return the argument with its placeholders replaced. A text that contains a placeholder is left as it is."""
    for name, value in values.items():
        before, found, after = argument.partition(name)
        if found:
            return _filled(before, values) + value + _filled(after, values)
    return argument


def _checked(card: Card) -> tuple[list[str], str]:
    """Return the command with the path of its program, and the version of the package."""
    command = card.settings["command"]
    if not command or not all(isinstance(each, str) and each and "\0" not in each for each in command):
        raise DistillError(f"teacher {card.name}: key 'command' must be a list of texts: a program and its arguments")
    package, found = card.settings.get("package"), "unknown"
    if package is not None:
        try:
            found = version(package)
        except (PackageNotFoundError, ValueError):
            raise MissingToolError(f"the package {package} is not installed: pip install {package}") from None
    program = sys.executable if command[0] == "{python}" else shutil.which(command[0])
    if program is None:
        raise MissingToolError(f"{command[0]} is not installed, but teacher {card.name} runs it")
    return [program, *command[1:]], found
