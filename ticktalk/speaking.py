"""A text through the console of a watch."""

from collections.abc import Callable, Iterable
from dataclasses import astuple, dataclass

import numpy as np

from ticktalk.runtime_sim.prosody import NEUTRAL, Prosody


@dataclass(frozen=True)
class Speech:
    """What a watch said. `seconds` on this host's clock; `instructions` 0 where the board cannot count."""

    pcm: np.ndarray
    utterances: int
    instructions: int
    seconds: float


def say_on(
    serial,
    board,
    voice,
    text: str | Iterable[str],
    progress: Callable[[int, int], None] = lambda done, total: None,
    prosody: Prosody = NEUTRAL,
) -> Speech:
    """Let the firmware behind an open port say a text, or piece after piece; DeviceError, VerifyError if it is not
    this board and voice."""
    from ticktalk.boards.console.client import Console
    from ticktalk.boards.errors import DeviceError
    from ticktalk.boards.flash import check_banner
    from ticktalk.runtime_sim.speech import utterances
    from ticktalk.text import checked

    parts = list(checked(utterances(voice, text), text if isinstance(text, str) else "-"))
    console = Console(serial)
    try:
        banner = console.hello()
    except DeviceError as error:
        raise DeviceError(f"{error} If nothing was flashed yet: ticktalk flash --board {board.name}") from None
    check_banner(banner, board, {"voice": voice.hash}, serial.port)
    console.prosody(*astuple(prosody))
    results = []
    for number, (ids, seed) in enumerate(parts, 1):
        results.append(console.speak(ids, seed=seed))
        progress(number, len(parts))
    pcm = np.frombuffer(b"".join(result.pcm for result in results), "<i2")
    return Speech(
        pcm, len(parts), sum(result.instructions for result in results), sum(result.seconds for result in results)
    )
