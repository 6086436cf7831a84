"""`ticktalk phonemes`: show how the watch's own front end reads a text."""

from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json, Text

EXAMPLE = 'ticktalk phonemes "Meet Dr. Lee at 7:30 p.m., Gate B12."'

Language = Annotated[str | None, typer.Option("--language", help="A language pack's name or folder.")]
Dates = Annotated[str, typer.Option("--dates", help="Order of numeric dates such as 3/4/2026: mdy or dmy.")]


def phonemes(text: Text, language: Language = None, dates: Dates = "mdy", json: Json = False) -> None:
    """Show how a text is read, in words and in phonemes, one sentence per line."""
    from ticktalk.runtime_sim.text.bundled import frontend
    from ticktalk.text import from_stdin

    if dates not in ("mdy", "dmy"):
        raise typer.BadParameter(f"{dates!r}: must be mdy or dmy", param_hint="'--dates'")
    front = frontend(language, dates)
    whole = from_stdin(text)
    sentences = [
        {"words": " ".join(word for word, _ in items), "phonemes": said}
        for piece in ([whole] if isinstance(whole, str) else whole)
        for items in front.items(piece)
        if (said := front.words.phonemes(items))
    ]
    if json:
        show.as_json({"language": front.pack.manifest["name"], "pack": front.pack.hash, "sentences": sentences})
        return
    for sentence in sentences:
        print(sentence["phonemes"])
