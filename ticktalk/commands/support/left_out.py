"""Warnings about parts of the text that a voice cannot speak."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ticktalk.commands.support import show

if TYPE_CHECKING:
    from ticktalk.proof.subject import AnySubject
    from ticktalk.runtime_sim.voice import Voice


def told_unspoken(
    voice: "Voice", text: str | Iterable[str], left_out: list[str], front_end: str | None = None
) -> str | Iterator[str]:
    """Return `text` unchanged, and warn about the parts that the voice cannot say.

    `front_end` reads the text. The default is the watch's front end for the voice.

    Each part is reported once on standard error and added to `left_out`. If the text is an iterator, the warnings are
    printed as it is consumed.
    """
    if isinstance(text, str):
        _tell(voice, text, left_out, front_end)
        return text
    return _told(voice, text, left_out, front_end)


def told_sentences(
    voice: "Voice", sentences: list[str], source: object, left_out: list[str], front_end: str | None = None
) -> list[str]:
    """Return the sentences that contain text to speak, as `front_end` reads them.

    By default, this is the front end that was used to train the voice. The other sentences, and the parts that the
    voice cannot say, are reported on standard error and added to `left_out`. Raises a TextError that names `source` if
    no sentences remain.
    """
    from ticktalk.runtime_sim.errors import TextError
    from ticktalk.runtime_sim.speech import utterances

    used = front_end or voice.manifest["phonemes"]["phonemizer"]
    spoken = [sentence for sentence in sentences if any(True for _ in utterances(voice, sentence, front_end=used))]
    if not spoken:
        name = voice.manifest["name"]
        raise TextError(f"{source} contains no text that voice '{name}' can speak")
    _tell(voice, "\n".join(spoken), left_out, used)
    if silent := [sentence for sentence in sentences if sentence not in set(spoken)]:
        show.warn(f"left out because they contain no text to speak: {', '.join(map(repr, silent))}")
        left_out += silent
    return spoken


def told_left_out(subject: "AnySubject") -> None:
    """Warn about the parts of the text that a proof's subject omits."""
    if subject.left_out:
        _note(subject.name, subject.left_out)


def _note(name: str, parts: list[str]) -> None:
    show.warn(f"left out because voice '{name}' cannot pronounce it: {' '.join(parts)}")


def _told(voice: "Voice", pieces: Iterable[str], left_out: list[str], front_end: str | None) -> Iterator[str]:
    for piece in pieces:
        _tell(voice, piece, left_out, front_end)
        yield piece


def _tell(voice: "Voice", text: str, left_out: list[str], front_end: str | None) -> None:
    from ticktalk.runtime_sim.reading import front_end_of, unspoken

    found = unspoken(voice, text, front_end or front_end_of(voice))
    parts = [part for part in found if part not in left_out]
    if parts:
        _note(voice.manifest["name"], parts)
        left_out += parts
