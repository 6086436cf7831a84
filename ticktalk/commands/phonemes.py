"""`ticktalk phonemes`: show how the watch's own front end reads a text."""

from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json, Text, Words

EXAMPLE = 'ticktalk phonemes "Meet Dr. Lee at 7:30 p.m., Gate B12."'

Language = Annotated[str | None, typer.Option("--language", help="A language pack's name or folder.")]
Dates = Annotated[str, typer.Option("--dates", help="Order of numeric dates such as 3/4/2026: mdy or dmy.")]


def phonemes(
    text: Text, language: Language = None, dates: Dates = "mdy", words: Words = None, json: Json = False
) -> None:
    """Show how a text is read, in words and in phonemes, one sentence per line."""
    from ticktalk.runtime_sim.text.bundled import frontend
    from ticktalk.runtime_sim.text.user.inline import unknown_phonemes
    from ticktalk.runtime_sim.text.user.words_file import load_words
    from ticktalk.text import from_stdin

    if dates not in ("mdy", "dmy"):
        raise typer.BadParameter(f"{dates!r}: must be mdy or dmy", param_hint="'--dates'")
    front = frontend(language, dates)
    if words is not None:
        front = front.with_words(load_words(words, front))
    whole = from_stdin(text)
    sentences, unknown = list[dict](), dict[str, str]()
    for piece in [whole] if isinstance(whole, str) else whole:
        unknown |= unknown_phonemes(piece, front.alphabet)
        for items in front.items(piece):
            if said := front.words.phonemes(items):
                sentences.append({"words": front.shown(items), "phonemes": said})
    for form, symbols in unknown.items():
        show.warn(f"{form}: the voice has no phoneme {' '.join(symbols)}; read as text")
    if json:
        show.as_json({"language": front.pack.manifest["name"], "pack": front.pack.hash, "sentences": sentences})
        return
    for sentence in sentences:
        print(sentence["phonemes"])
