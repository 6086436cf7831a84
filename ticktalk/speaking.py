"""Have a watch speak a text through its console."""

from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

import numpy as np

from ticktalk.boards.board import Board
from ticktalk.boards.line import Connection
from ticktalk.runtime_sim.prosody import NEUTRAL, Prosody
from ticktalk.runtime_sim.voice import Voice

if TYPE_CHECKING:
    from ticktalk.boards.console.client import Console


@dataclass(frozen=True)
class Speech:
    """The speech of a watch. `seconds` is measured by the host. `instructions` is 0 if the board cannot count."""

    pcm: np.ndarray
    utterances: int
    instructions: int
    seconds: float


def say_on(
    serial: Connection,
    board: Board,
    voice: Voice,
    text: str | Iterable[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
    prosody: Prosody = NEUTRAL,
) -> Speech:
    """Have the firmware on an open port speak a text, which may be split into parts.

    Raises DeviceError or VerifyError if the watch is not this board with this voice.
    """
    from ticktalk.boards.errors import VerifyError
    from ticktalk.runtime_sim.speech import utterances
    from ticktalk.text import checked

    parts = list(checked(utterances(voice, text), text if isinstance(text, str) else None))
    console, banner = _greet(serial, board)
    if banner.get("voice") != voice.hash:
        raise VerifyError(
            f"{serial.port}: the watch has {_what(banner)}, not '{voice.manifest['name']}'; {_remedy(banner, board)}"
        )
    console.prosody(*astuple(prosody))
    results = []
    for number, (ids, seed) in enumerate(parts, 1):
        results.append(console.speak(ids, seed=seed))
        progress(number, len(parts))
    pcm = np.frombuffer(b"".join(result.pcm for result in results), "<i2")
    return Speech(
        pcm, len(parts), sum(result.instructions for result in results), sum(result.seconds for result in results)
    )


def voice_of_watch(serial: Connection, board: Board) -> Voice:
    """Return the bundled Voice that the firmware on an open port contains.

    If the voice is not a bundled one, raises a VerifyError that suggests an option.
    """
    from ticktalk.boards.errors import VerifyError

    banner = _greet(serial, board)[1]
    known = _bundled(banner)
    if known is None:
        raise VerifyError(
            f"{serial.port}: the watch has {_what(banner)}, which is not a bundled voice; {_remedy(banner, board)}"
        )
    return known


def _greet(serial: Connection, board: Board) -> "tuple[Console, dict[str, str]]":
    """Return (Console, banner) of ticktalk firmware for this board. Raises DeviceError for anything else."""
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

    # Try the voice with that name first. The others are loaded only if the banner does not name a matching voice.
    names = sorted(voice_names(), key=lambda name: name != banner.get("name"))
    return next((voice for name in names if (voice := load_voice(HERE / name)).hash == banner.get("voice")), None)


def _what(banner: dict[str, str]) -> str:
    return f"{banner.get('kind', 'voice')} '{banner.get('name', 'without a name')}' ({banner.get('voice', '')[:16]})"


def _remedy(banner: dict[str, str], board: Board) -> str:
    flash = f"flash another: ticktalk flash --board {board.name}"
    if banner.get("kind") == "model":
        return flash
    known = _bundled(banner)
    return f"give --voice {known.manifest['name'] if known else 'FOLDER, the folder it was made from'}, or {flash}"
