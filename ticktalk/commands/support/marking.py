"""Texts with custom words, markup or SSML, for the commands that speak."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.commands.support import show
from ticktalk.commands.support.left_out import told_unspoken

if TYPE_CHECKING:
    from ticktalk.runtime_sim.marked import Step
    from ticktalk.runtime_sim.prosody import Prosody
    from ticktalk.runtime_sim.text.frontend import Frontend
    from ticktalk.runtime_sim.voice import Voice


def marked_steps(
    voice: "Voice",
    text: str | Iterable[str],
    front_end: str,
    prosody: "Prosody",
    words: Path | None,
    markup: bool,
    ssml: bool,
    left_out: list[str],
) -> "Iterator[Step]":
    """Yield the utterances and pauses of the text. `front_end` must name a language pack.

    Warns about the parts that cannot be said, and adds them to `left_out`. Raises TextError if there is no text to
    speak, MarkupError if the SSML is invalid, and LanguageError if the custom words are invalid.
    """
    from ticktalk.runtime_sim.marked import as_markup, marked
    from ticktalk.text import nothing_to_say

    reader = marked(voice, front_end, words, markup or ssml)
    pieces = [text] if isinstance(text, str) else text
    if ssml:
        pieces = [as_markup(reader, "".join(pieces))]
    found = False
    told = told_unspoken(voice, iter(pieces), left_out, front_end)
    for step in reader.steps(voice, told_inline(reader.front, told), prosody):
        found = True
        yield step
    if not found:
        raise nothing_to_say(text if isinstance(text, str) else None)


def told_inline(front: "Frontend", pieces: Iterable[str]) -> Iterator[str]:
    """Yield the pieces, and warn about inline markup that is read as text because the voice lacks a phoneme."""
    from ticktalk.runtime_sim.text.user.inline import unknown_phonemes

    told: set[str] = set()
    for piece in pieces:
        for form, symbols in unknown_phonemes(piece, front.alphabet).items():
            if form not in told:
                told.add(form)
                show.warn(f"{form}: the voice has no phoneme {' '.join(symbols)}, so the markup is read as text")
        yield piece
