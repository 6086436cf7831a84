"""`ticktalk evaluate`: score a voice's intelligibility, naturalness and similarity to its teacher."""

from typing import Annotated

import typer

from ticktalk.commands.support.judging import Html, Like, Sentences, judge_aloud
from ticktalk.commands.support.options import Json, Voice

EXAMPLE = "ticktalk evaluate --voice heart --html scores.html"

Reading = Annotated[
    bool,
    typer.Option("--text", help="Score a language pack on its tables of sentences, instead of a voice."),
]
Phonemizer = Annotated[
    str | None,
    typer.Option(
        "--phonemizer",
        help="Front end, such as ticktalk:en-us, which the watch uses. Default: the one used in training.",
    ),
]
Speaker = Annotated[
    str | None, typer.Option("--speaker", help="Score only this speaker of a voice with several. Default: all.")
]
Language = Annotated[str | None, typer.Option("--language", help="With --text: a language pack's name or folder.")]


def evaluate(
    voice: Voice = None,
    sentences: Sentences = None,
    html: Html = None,
    like: Like = None,
    phonemizer: Phonemizer = None,
    text: Reading = False,
    language: Language = None,
    speaker: Speaker = None,
    json: Json = False,
) -> None:
    """Score a voice: WER, CER, DistillMOS, DNSMOS and distance from its teacher, with 95 % confidence intervals."""
    if text:
        for option, value in {
            "--voice": voice,
            "--sentences": sentences,
            "--html": html,
            "--like": like,
            "--phonemizer": phonemizer,
            "--speaker": speaker,
        }.items():
            if value is not None:
                raise typer.BadParameter(f"--text cannot be combined with {option}, because no voice is scored")
        from ticktalk.commands.support.reading import judge_reading

        judge_reading(language, json)
        return
    if language is not None:
        raise typer.BadParameter("--language requires --text; a voice has its own language")
    judge_aloud(voice, [], sentences, html, json, yes=False, phonemizer=phonemizer, like=like, speaker=speaker)
