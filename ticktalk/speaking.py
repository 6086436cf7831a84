"""Have a watch speak text through its console."""

import re
from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.boards.board import Board
from ticktalk.boards.line import Connection
from ticktalk.runtime_sim.prosody import NEUTRAL, Prosody
from ticktalk.runtime_sim.voice import Voice

if TYPE_CHECKING:
    from ticktalk.boards.console.client import Console, Result
    from ticktalk.runtime_sim.marked import Step

SEED = 1  # of the first utterance


@dataclass(frozen=True)
class Speech:
    """The result of speaking. `seconds` is measured on the host. `instructions` is 0 if the board cannot count them."""

    pcm: np.ndarray
    utterances: int
    instructions: int
    seconds: float


class Watch:
    """A watch with ticktalk firmware on an open port.

    `pack` is the language pack with which the watch reads text, or None. `voice` is the voice passed by the caller, or
    otherwise the bundled voice in the firmware, or None. Raises DeviceError if the watch is not this board, and
    VerifyError if it does not have this voice.
    """

    def __init__(self, serial: Connection, board: Board, voice: Voice | None = None):
        from ticktalk.boards.errors import VerifyError

        self._port, self._board = serial.port, board
        self._console, self._banner = _greet(serial, board)
        if voice is not None and self._banner.get("voice") != voice.hash:
            raise VerifyError(
                f"{self._port}: the watch has {_what(self._banner)}, not '{voice.manifest['name']}'; "
                f"{_remedy(self._banner, board)}"
            )
        self.voice = voice or _bundled(self._banner)
        self.pack = self._banner.get("text")

    @property
    def name(self) -> str:
        """The name of the watch's voice."""
        return self._banner.get("name", "without a name")

    @property
    def sample_rate(self) -> int:
        """The sample rate of the watch's voice. Raises DeviceError if the firmware does not report it."""
        from ticktalk.boards.errors import DeviceError

        rate = self._banner.get("sample_rate", "")
        if self.voice is not None:
            return self.voice.manifest["sample_rate"]
        if not re.fullmatch("[1-9][0-9]{2,5}", rate):
            raise DeviceError(f"{self._port}: the firmware reports no sample rate")
        return int(rate)

    def speaker(self, name: str | None) -> int:
        """Return the number of the speaker with this name, or 0 for None. Raises a ProsodyError that lists the
        speakers."""
        from ticktalk.runtime_sim.speakers import number_of

        told = [each for each in self._banner.get("speakers", "").split(",") if each]
        return number_of(name, told if self.voice is None else self.voice.speakers, self.name)

    def say(
        self,
        text: str | Iterable[str],
        progress: Callable[[int, int | None], None] = lambda done, total: None,
        prosody: Prosody = NEUTRAL,
        front_end: str | None = None,
    ) -> Speech:
        """Have the watch speak `text`, which may be split into parts.

        If no `front_end` is given and the watch has a language pack, the watch reads the text itself. Otherwise, the
        host reads it (see `reading.reader_of`). Raises VerifyError if the host needs the voice but does not have it,
        and TextError if there is no text to speak.
        """
        if front_end is None and self.pack is not None:
            results = self._read(text, progress, prosody)
        else:
            results = self._speak(text, progress, prosody, front_end)
        return Speech(
            np.frombuffer(b"".join(result.pcm for result in results), "<i2"),
            sum(max(1, len(result.utterances)) for result in results if result.pcm),
            sum(result.instructions for result in results),
            sum(result.seconds for result in results),
        )

    def say_steps(
        self, steps: "Iterable[Step]", progress: Callable[[int, int | None], None] = lambda done, total: None
    ) -> Speech:
        """Have the watch speak utterances that the host has read, each with its own prosody, and with pauses between
        them."""
        parts, results, pcm = list(steps), list["Result"](), list[np.ndarray]()
        spoken = sum(bool(step.ids) for step in parts)
        now = None
        for step in parts:
            if not step.ids:
                pcm.append(np.zeros(step.silence(self.sample_rate), "<i2"))
                continue
            if step.prosody != now:
                self._console.prosody(*astuple(step.prosody))
                now = step.prosody
            results.append(self._console.speak(step.ids, seed=step.seed))
            pcm.append(np.frombuffer(results[-1].pcm, "<i2"))
            progress(len(results), spoken)
        return Speech(
            np.concatenate(pcm),
            spoken,
            sum(result.instructions for result in results),
            sum(result.seconds for result in results),
        )

    def _read(
        self, text: str | Iterable[str], progress: Callable[[int, int | None], None], prosody: Prosody
    ) -> "list[Result]":
        from ticktalk.runtime_sim.text.utf8 import encoded
        from ticktalk.text import nothing_to_say

        self._console.prosody(*astuple(prosody))
        results: list[Result] = []
        spoken = 0
        for part in [text] if isinstance(text, str) else text:
            result = self._console.speak_text(
                encoded(part),
                seed=(SEED + spoken) & 0xFFFFFFFF,
                on_utterance=partial(_told, progress, spoken),
            )
            results.append(result)
            spoken += len(result.utterances)
        if not spoken:
            raise nothing_to_say(text if isinstance(text, str) else None)
        return results

    def _speak(
        self,
        text: str | Iterable[str],
        progress: Callable[[int, int | None], None],
        prosody: Prosody,
        front_end: str | None,
    ) -> "list[Result]":
        from ticktalk.runtime_sim.speech import utterances
        from ticktalk.text import checked

        spoken = utterances(self.known_voice(), text, SEED, front_end)
        parts = list(checked(spoken, text if isinstance(text, str) else None))
        self._console.prosody(*astuple(prosody))
        results = []
        for number, (ids, seed) in enumerate(parts, 1):
            results.append(self._console.speak(ids, seed=seed))
            progress(number, len(parts))
        return results

    def known_voice(self) -> Voice:
        """Return its voice. Raises a VerifyError that suggests an option if the voice is not a bundled one."""
        from ticktalk.boards.errors import VerifyError

        if self.voice is None:
            raise VerifyError(
                f"{self._port}: the watch has {_what(self._banner)}, which is not a bundled voice; "
                f"{_remedy(self._banner, self._board)}"
            )
        return self.voice


def _told(progress: Callable[[int, int | None], None], before: int, number: int) -> None:
    progress(before + number, None)


def _greet(serial: Connection, board: Board) -> "tuple[Console, dict[str, str]]":
    """Return (Console, banner) of the ticktalk firmware on this board. Raises DeviceError if the device runs anything
    else."""
    from ticktalk.boards.console.client import Console
    from ticktalk.boards.errors import DeviceError
    from ticktalk.boards.flash.identifying import check_banner

    console = Console(serial)
    try:
        banner = console.hello()
    except DeviceError as error:
        raise DeviceError(
            f"{error}; if nothing has been flashed yet, run ticktalk flash --board {board.name}"
        ) from None
    check_banner(banner, board, {}, serial.port)
    return console, banner


def _bundled(banner: dict[str, str]) -> Voice | None:
    """Return the bundled Voice with the hash in this banner, or None."""
    from ticktalk.bundled import HERE, voice_names
    from ticktalk.runtime_sim.voice import load_voice

    # Try the voice with that name first. Load the other voices only if the banner does not name a matching voice.
    names = sorted(voice_names(), key=lambda name: name != banner.get("name"))
    return next((voice for name in names if (voice := load_voice(HERE / name)).hash == banner.get("voice")), None)


def _what(banner: dict[str, str]) -> str:
    return f"{banner.get('kind', 'voice')} '{banner.get('name', 'without a name')}' ({banner.get('voice', '')[:16]})"


def _remedy(banner: dict[str, str], board: Board) -> str:
    flash = f"flash another voice: ticktalk flash --board {board.name}"
    if banner.get("kind") == "model":
        return flash
    known = _bundled(banner)
    name = known.manifest["name"] if known else "FOLDER, the folder from which it was exported"
    return f"specify --voice {name}, or {flash}"
