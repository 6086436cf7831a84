"""`ticktalk evaluate`, `ticktalk compare`: how well a voice is understood, how natural it sounds, how near its teacher
it is."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json, Voice

Sentences = Annotated[
    Path | None, typer.Option("--sentences", help="One sentence a line; by default the held-out ones.")
]
Html = Annotated[
    Path | None, typer.Option("--html", help="Write a page with players, spectrograms, and the worst sentences first.")
]
With = Annotated[
    str,
    typer.Option(
        "--with",
        help="Who speaks beside the voice, separated by commas: 'teacher', a NAME[:VOICE] of "
        "`ticktalk teachers`, another voice.",
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Pay what served systems cost.")]


def evaluate(voice: Voice = None, sentences: Sentences = None, html: Html = None, json: Json = False) -> None:
    """Score a voice: WER, CER, DistillMOS, DNSMOS, and its distance from its teacher, with 95 % intervals."""
    _judge(voice, [], sentences, html, json, yes=False)


def compare(
    others: With,
    voice: Voice = None,
    sentences: Sentences = None,
    html: Html = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Score a voice and others on the same sentences."""
    names = [name.strip() for name in others.split(",") if name.strip()]
    if not names:
        raise typer.BadParameter("--with names nobody")
    _judge(voice, list(dict.fromkeys(names)), sentences, html, json, yes)


def _judge(voice: str | None, names: list[str], file: Path | None, html: Path | None, json: bool, yes: bool) -> None:
    from ticktalk.bundled import voice_folder, voice_names
    from ticktalk.converter.corpora.sentences import HELD_OUT
    from ticktalk.converter.errors import DistillError
    from ticktalk.converter.judging.comparison import TEACHER, bill, speakers_of, teacher_of
    from ticktalk.converter.judging.evaluate import evaluate as judge
    from ticktalk.converter.judging.evaluate import read_sentences
    from ticktalk.converter.judging.page import check_page, write_page
    from ticktalk.converter.judging.scores import Judge
    from ticktalk.converter.judging.speech import VoiceSpeaker
    from ticktalk.runtime_sim.voice import load_voice

    # Whatever can be wrong shall be found before the first of many minutes.
    first = VoiceSpeaker(load_voice(voice_folder(voice)))
    sentences = read_sentences(file or HELD_OUT)
    if html:
        check_page(html)
    teacher, missing = teacher_of(first, sentences, free=TEACHER not in names)
    if teacher is None and TEACHER in names:
        raise DistillError(f"--with {TEACHER}: {missing}")
    speakers, skipped = [first], {"distance from the teacher": missing} if missing else {}
    for name in names:
        if name == TEACHER:
            speakers.append(teacher)
        elif name in voice_names() or Path(name, "voice.toml").is_file():
            speakers.append(VoiceSpeaker(load_voice(voice_folder(name))))
        else:
            found, why = speakers_of(name)
            speakers += found
            if why:
                skipped[name] = why
    for name, why in skipped.items():
        show.note(f"{name}: left out; {why}")
    bills = bill(speakers, sentences)
    for name, price in bills.items():
        if not yes:
            raise DistillError(f"{name}: {price}; give --yes to pay that")
        show.note(f"{name}: {price}")
    ears = Judge()
    with show.bar("speaking, listening") as progress:
        evaluation = judge(speakers, sentences, teacher, ears, lambda what, done, total: progress(done, total))
    evaluation.skipped = skipped
    if html:
        write_page(evaluation, html, f"{first.name}, {'compared' if names else 'judged'} by ticktalk")
        show.note(f"wrote {html}")
    if json:
        show.as_json(evaluation.as_dict())
    else:
        from ticktalk.commands.support.evaluation_table import tables

        tables(evaluation)
