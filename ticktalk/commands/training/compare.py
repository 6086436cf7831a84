"""`ticktalk compare`: score several voices on the same sentences, or have people compare them."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support.judging import Html, Like, Sentences, judge_aloud
from ticktalk.commands.support.options import Json, Voice, file_or_stdout

EXAMPLE = "ticktalk compare --voice heart --with teacher,espeak-ng"

With = Annotated[
    str,
    typer.Option(
        "--with",
        help="Systems, comma-separated: teacher, a NAME[:VOICE] from `ticktalk teachers`, or another voice.",
    ),
]
Blind = Annotated[
    Path | None,
    typer.Option(
        "--blind",
        callback=file_or_stdout,
        help="Write a listening test for people instead of scoring, with 20 of the held-out sentences, or all of "
        "--sentences.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Agree to pay for hosted systems.")]


def compare(
    others: With,
    voice: Voice = None,
    sentences: Sentences = None,
    html: Html = None,
    like: Like = None,
    blind: Blind = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Score a voice and other systems on the same sentences."""
    names = [name.strip() for name in others.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter("--with contains no system; specify 'teacher', a teacher or a voice")
    if blind is not None and (html is not None or json or like is not None):
        raise typer.BadParameter("--blind cannot be combined with --html, --like or --json, because nothing is scored")
    judge_aloud(voice, list(dict.fromkeys(names)), sentences, html, json, yes, blind=blind, like=like)
