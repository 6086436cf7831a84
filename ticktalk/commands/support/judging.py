"""Options and scoring shared by `evaluate` and `compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.left_out import told_sentences
from ticktalk.commands.support.options import file_or_stdout

if TYPE_CHECKING:
    from ticktalk.converter.judging.evaluate import Evaluation

Sentences = Annotated[
    Path | None,
    typer.Option("--sentences", help="Text file with one sentence per line. Default: the held-out sentences."),
]
Html = Annotated[
    Path | None,
    typer.Option(
        "--html",
        callback=file_or_stdout,
        help="Write an HTML page with audio players and spectrograms, with the worst sentences first.",
    ),
]
Like = Annotated[
    Path | None,
    typer.Option(
        help="Folder of recordings (*.wav or wavs/*.wav) whose speaker the voices should resemble. "
        "Default: the teacher."
    ),
]
MOST_BLIND = 20  # held-out sentences in a listening test, which is about five minutes of listening


def judge_aloud(
    voice: str | None,
    names: list[str],
    file: Path | None,
    html: Path | None,
    json: bool,
    yes: bool,
    phonemizer: str | None = None,
    blind: Path | None = None,
    like: Path | None = None,
    speaker: str | None = None,
) -> None:
    """Score `voice` and the speakers `names` on the sentences in `file`, and print the result.

    blind: write a listening test to this file instead.
    like: folder of recordings whose speaker the voices should resemble; default: the teacher.
    speaker: the only speaker of the voice to score; default: all.
    phonemizer: the front end that reads the sentences for `voice`; default: the front end used in its training.
    """
    from ticktalk.bundled import voice_folder, voice_names
    from ticktalk.converter.corpora.sentences import held_out_file
    from ticktalk.converter.errors import DistillError, MissingToolError
    from ticktalk.converter.judging.comparison import TEACHER, bill, speakers_of, teachers_of
    from ticktalk.converter.judging.evaluate import evaluate as judge
    from ticktalk.converter.judging.evaluate import read_sentences
    from ticktalk.converter.judging.page import check_page, write_page
    from ticktalk.converter.judging.scores import Judge
    from ticktalk.converter.judging.similarity import KnownVoice, encoder, recordings_in
    from ticktalk.converter.judging.speakers import JudgedSpeaker, VoiceSpeaker, speakers_in
    from ticktalk.converter.languages import code_of
    from ticktalk.runtime_sim.voice import load_voice
    from ticktalk.system.files import check_writable, one_line

    # Detect as many errors as possible before scoring, which takes many minutes.
    loaded, left_out = load_voice(voice_folder(voice)), list[str]()
    own = speakers_in(loaded, phonemizer)
    own = own if speaker is None else [own[loaded.speaker(speaker)]]
    first = own[0]
    source = file or held_out_file(first.language)
    sentences = told_sentences(loaded, read_sentences(source), source, left_out, phonemizer)
    if html:
        check_page(html)
    if blind:
        check_writable(blind)
    teachers, missing = teachers_of(own, sentences, free=TEACHER not in names)
    if missing and TEACHER in names:
        raise DistillError(f"--with {TEACHER}: {next(iter(missing.values()))}")
    speakers: list[JudgedSpeaker] = [*own]
    skipped = {f"distance of {name} from the teacher": why for name, why in missing.items()}
    wanted = KnownVoice(recordings_in(like)) if like else None
    if teachers and not (like or blind):
        try:
            encoder()
        except MissingToolError as error:
            skipped["similarity"] = str(error)
    for name in names:
        if name == TEACHER:
            speakers += teachers.values()
        elif name in voice_names() or Path(name, "voice.toml").is_file():
            other = load_voice(voice_folder(name))
            if other.path.resolve() == loaded.path.resolve():
                raise DistillError(f"--with {name}: is the voice itself; specify another system")
            language = other.manifest["language"]
            if code_of(language) != code_of(first.language):
                skipped[name] = f"speaks {language}, but {first.name} speaks {first.language}"
                continue
            sentences = told_sentences(other, sentences, source, left_out)
            speaking = VoiceSpeaker(other)
            if speaking.name in {each.name for each in speakers}:
                speaking.name += f" ({one_line(name)})"
            speakers.append(speaking)
        else:
            found, why = speakers_of(name, sentences, first.language)
            speakers += [each for each in found if each.name not in {known.name for known in speakers}]
            if why:
                skipped[name] = why
    for name, why in skipped.items():
        show.warn(f"{name}: left out: {why}")
    if names and len(speakers) == len(own):
        raise DistillError("--with: no system is left to compare the voice with")
    bills = bill(speakers, sentences)
    for name, price in bills.items():
        if not yes:
            raise DistillError(f"{name}: {price}; specify --yes to agree to pay")
        show.warn(f"{name}: {price}")
    if blind:
        from ticktalk.converter.judging.blind import write_blind_page

        with show.bar("speaking") as progress:
            write_blind_page(speakers, sentences[: None if file else MOST_BLIND], blind, report=progress)
        with show.beside(blind):
            print(f"{blind}: open it in a browser" if blind.is_file() else f"wrote {blind}")
        return
    ears = Judge(first.language)
    with show.bar("speaking and listening") as progress:
        evaluation = judge(speakers, sentences, teachers, ears, wanted, lambda what, done, total: progress(done, total))
    evaluation.skipped = skipped
    if html:
        write_page(evaluation, html, f"{first.name}, {'compared' if names else 'judged'} by ticktalk")
        show.note(f"wrote {html}")
    with show.beside(html):
        _show(evaluation, left_out, json)


def _show(evaluation: "Evaluation", left_out: list[str], json: bool) -> None:
    if json:
        show.as_json(evaluation.as_dict() | {"left_out": left_out})
    else:
        from ticktalk.commands.support.evaluation_table import tables

        tables(evaluation)
