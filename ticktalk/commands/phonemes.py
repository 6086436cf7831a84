"""`ticktalk phonemes`: show how the watch's own front end reads text."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.marking import told_inline
from ticktalk.commands.support.options import Json, Markup, Ssml, Text, Voice, Words

if TYPE_CHECKING:
    from ticktalk.runtime_sim.text.frontend import Frontend
    from ticktalk.runtime_sim.voice import Voice as LoadedVoice

EXAMPLE = 'ticktalk phonemes "Meet Dr. Lee at 7:30 p.m., Gate B12."'

Language = Annotated[
    str | None, typer.Option("--language", help="A language pack's name or folder. Default: the voice's.")
]
Dates = Annotated[str, typer.Option("--dates", help="Order of numeric dates such as 3/4/2026: mdy or dmy.")]
Header = Annotated[
    Path | None,
    typer.Option("--c", help="Also write a C header with the phoneme ids of a voice, one phrase per line of the text."),
]

Name = Annotated[str | None, typer.Option(help="With --c: prefix of the names in the header. Default: voice.")]


def phonemes(
    text: Text,
    language: Language = None,
    dates: Dates = "mdy",
    words: Words = None,
    markup: Markup = False,
    ssml: Ssml = False,
    c: Header = None,
    voice: Voice = None,
    name: Name = None,
    json: Json = False,
) -> None:
    """Show how text is read, as words and as phonemes, one sentence per line."""
    from ticktalk.runtime_sim.text.bundled import frontend
    from ticktalk.runtime_sim.text.user.markup import Carried, Event
    from ticktalk.runtime_sim.text.user.words_file import with_own_words

    if dates not in ("mdy", "dmy"):
        raise typer.BadParameter(f"{dates!r}: must be either mdy or dmy", param_hint="'--dates'")
    if c is not None and (markup or ssml):
        raise typer.BadParameter(
            "--c cannot be combined with --markup or --ssml, because fixed phrases cannot "
            "contain pauses or prosody changes"
        )
    if c is None and name is not None:
        raise typer.BadParameter("--name requires --c, because only the header contains names")
    speaker, pack = _speaker(voice) if voice is not None or c is not None else (None, None)
    front = frontend(pack if language is None else language, dates)
    front = with_own_words(front, words).with_speakers(speaker.speakers if speaker else [])
    sentences, whole, carried = list[dict](), "", Carried()
    for piece in told_inline(front, _pieces(text, ssml, front)):
        whole += piece if c is not None else ""
        for part in front.parts(piece, markup or ssml, carried):
            if isinstance(part, Event):
                sentences.append({"event": part.what, "value": part.value, "phonemes": part.written()})
            elif said := front.words.phonemes(part):
                sentences.append({"words": front.shown(part), "phonemes": said})
    if c is not None:
        assert speaker is not None  # loaded for --c
        _write_header(c, whole, speaker, front, name or "voice")
    if json:
        for sentence in sentences:
            if "event" in sentence:
                del sentence["phonemes"]
        show.as_json({"language": front.pack.manifest["name"], "pack": front.pack.hash, "sentences": sentences})
        return
    for sentence in sentences:
        print(sentence["phonemes"])


def _speaker(voice: str | None) -> "tuple[LoadedVoice, str | None]":
    """Return a voice, and the name of its first language pack."""
    from ticktalk.bundled import voice_folder
    from ticktalk.runtime_sim.reading import packs_of
    from ticktalk.runtime_sim.voice import load_voice

    loaded = load_voice(voice_folder(voice))
    return loaded, next(iter(packs_of(loaded)), None)


def _pieces(text: str, ssml: bool, front: "Frontend") -> Iterator[str]:
    """Yield the text in pieces. SSML becomes one piece of text with markup."""
    from ticktalk.text import from_stdin

    found = from_stdin(text)
    pieces = [found] if isinstance(found, str) else found
    if ssml:
        from ticktalk.runtime_sim.text.user.ssml import to_markup

        yield to_markup("".join(pieces), front)
    else:
        yield from pieces


def _write_header(file: Path, text: str, voice: "LoadedVoice", front: "Frontend", name: str) -> None:
    from ticktalk.firmware_gen.library import check_prefix
    from ticktalk.firmware_gen.phrases.compiled import phrases_header
    from ticktalk.firmware_gen.phrases.phrase_file import named
    from ticktalk.runtime_sim.errors import TextError
    from ticktalk.runtime_sim.text.utf8 import decoded
    from ticktalk.system.files import lines_of, replacing

    check_prefix(name)
    lines = [line.strip() for line in lines_of(decoded(text)) if line.strip()]
    if not lines:
        raise TextError("there is no text to speak; specify at least one line")
    contents = phrases_header(front, voice, named(lines), "--c", name)
    with replacing(file) as path:
        path.write_text(contents, encoding="utf-8")
