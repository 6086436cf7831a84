"""`ticktalk evaluate`: scores how intelligible and natural a voice is, and how close it is to its teacher."""

from typing import Annotated

import typer

from ticktalk.commands.support.judging import Html, Sentences, judge_aloud
from ticktalk.commands.support.options import Json, Voice

EXAMPLE = "ticktalk evaluate --voice heart --html scores.html"

Reading = Annotated[bool, typer.Option("--text", help="Judge instead how a language pack reads its tables of texts.")]
Language = Annotated[
    str | None, typer.Option("--language", help="With --text: a language pack by name, or its folder.")
]


def evaluate(
    voice: Voice = None,
    sentences: Sentences = None,
    html: Html = None,
    text: Reading = False,
    language: Language = None,
    json: Json = False,
) -> None:
    """Score a voice: WER, CER, DistillMOS, DNSMOS, and distance from its teacher, with 95 % intervals."""
    if text:
        from ticktalk.commands.support.reading import judge_reading

        judge_reading(language, json)
        return
    judge_aloud(voice, [], sentences, html, json, yes=False)
