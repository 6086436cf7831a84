"""Adapt a voice to a speaker, from minutes of recordings: check each clip, then train from the voice's weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ticktalk.converter.audio.recording_checks import UnfitError, fault, trimmed
from ticktalk.converter.distill import Report, distill
from ticktalk.converter.errors import DistillError
from ticktalk.converter.export.toml import manifest_text
from ticktalk.converter.judging.words import word_errors
from ticktalk.converter.lessons import check_recordable, check_together, lesson_of, named_teachers
from ticktalk.converter.run_checks import check_run
from ticktalk.converter.storage.run_folder import keep_options, work_folder
from ticktalk.converter.storage.run_lock import alone_in
from ticktalk.converter.storage.shard_folder import cannot_write
from ticktalk.converter.teachers.folder import Folder
from ticktalk.converter.teachers.teacher import Recording, Teacher
from ticktalk.converter.training import processes
from ticktalk.converter.training.backend import use_jax
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import one_line, write_text

Heard = Callable[[str, Recording], float]  # word error rate of a recorded text, 0 to 1

# Settings for minutes of recordings (docs/measurements/voice-joe.md): a lower peak learning rate than for a new voice,
# but more of it and of the time for int8 training, which listens; and small batches, because more steps help most.
PEAK, INT8_RATE, FLOAT_SHARE, ADVERSARIAL_SHARE, SEGMENTS = 1e-3, 0.3, 0.7, 0.7, 8
OWN, BESIDE = "own", 200  # name of the speaker among those beside it, each of whom speaks this number of sentences
QUIETEST = 15.0  # level of the speech above that of the background, in dB
MISREAD = 0.5  # word error rate above which the text is assumed to be wrong
BAD_SHARE = 0.25  # highest fraction of unusable clips
FEWEST = 4  # clips
WINDOW = 0.02  # seconds


def adapt(
    start: Voice,
    recordings: Path,
    out: Path,
    consent: str,
    licence: str,
    minutes: float | None = None,
    steps: int | None = None,
    resume: bool = False,
    work: Path | None = None,
    workers: int | None = None,
    learning_rate: float | None = None,
    hearing: Callable[[str], Heard | None] | None = None,
    report: Report = print,
    beside: Sequence[str] = (),
    **options: object,
) -> Voice | None:
    """Adapt `start` to the speaker of the folder `recordings` (LJSpeech's layout), and return the new voice.

    consent, licence: what the speaker agreed to, and the licence of the recordings; required, for the ledger.
    hearing: returns what recognises a clip's text in a language, such as `whisper`. Called after all checks. Without
    it, wrong texts are found only by their length.
    beside: teachers of other speakers, each of whom speaks BESIDE sentences (see `distill`).
    The other arguments are those of `distill`. Raises DistillError if too many clips are unusable.
    """
    _check_ledger(consent, licence)
    licence, consent = licence.strip(), consent.strip()
    work = Path(work or work_folder("adapt", out))
    specs = [f"{OWN}=folder:{recordings}", *beside] if beside else [f"folder:{recordings}"]
    check_run(specs, Path(out), work, minutes, steps, learning_rate, resume, start=start)
    own, *others = named_teachers(specs)
    for other in others:
        _check_language(f"--beside {other.spec}: this teacher", other.teacher, start)
    _check_language(f"{recordings}: the speaker", own.teacher, start)
    check_together([own, *others])
    _check_apart(recordings, work)
    check_recordable([lesson_of(one, None, BESIDE, work / one.name, resume, lambda line: None) for one in others])
    if processes.count() > 1:
        raise DistillError(f"{processes.PREFIX}NUM_PROCESSES={processes.count()}: adapting requires a single process")
    _check_sizes(start)
    with alone_in(work, 0):
        assert isinstance(own.teacher, Folder)
        files = own.teacher.files_hash(own.teacher.sentences())
        said = {"--recordings": own.teacher.version, "files in --recordings": files}
        said |= {"--licence": licence, "--consent": consent}
        keep_options(work, said, resume)
        card = work / "speaker.toml"
        if not (resume and card.exists()):
            card.unlink(missing_ok=True)  # an interruption must not leave the card of other clips
            clips = work / "clips" / (one_line(Path(recordings).resolve().name) or "recordings")
            keys = {"engine": "folder", "voice": str(clips), "licence": licence, "consent": consent}
            heard = hearing(own.teacher.language) if hearing else None
            try:
                _choose(own.teacher, Path(recordings), clips, start, heard, report)
                write_text(card, manifest_text(keys))
            except OSError as error:
                raise cannot_write(work, error) from None
        return distill(
            f"{OWN}={card}" if beside else str(card),
            None,
            out,
            minutes,
            resume,
            report,
            work=work,
            workers=workers,
            steps=steps,
            learning_rate=PEAK if learning_rate is None else learning_rate,
            start=start,
            float_share=FLOAT_SHARE,
            adversarial_share=ADVERSARIAL_SHARE,
            int8_rate=INT8_RATE,
            segments=SEGMENTS,
            beside=beside,
            size=BESIDE,
            **options,  # type: ignore[arg-type]  # the caller's
        )


def _check_ledger(consent: str, licence: str) -> None:
    """Raise DistillError unless the speaker's consent and the licence are stated."""
    for name, text in (("consent", consent), ("licence", licence)):
        if not text.strip() or not text.isprintable():
            raise DistillError(f"--{name}: must state the {name} of the speaker in one line of text")


def _check_apart(recordings: Path, work: Path) -> None:
    """Raise DistillError if the recordings are in the work folder, where the run replaces files."""
    if Path(recordings).resolve().is_relative_to(work.resolve()):
        raise DistillError(f"--recordings {recordings}: is in {work}, where the run replaces files; copy it elsewhere")


def _check_sizes(start: Voice) -> None:
    """Raise DistillError if the voice to start from does not state its sizes."""
    use_jax()
    from ticktalk.converter.training.start import sizes

    sizes(start)


def _choose(teacher: Folder, recordings: Path, clips: Path, start: Voice, heard: Heard | None, report: Report) -> None:
    """Copy the usable clips of the folder `recordings`, which is the teacher's, to `clips`, and report the others by
    name."""
    for note in teacher.notes:
        report(note)
    sentences, seconds, bad = teacher.sentences(), 0.0, []
    shutil.rmtree(clips, ignore_errors=True)
    (clips / "wavs").mkdir(parents=True)
    lines = []
    for text in sentences:
        file = teacher.file(text)
        try:
            (recording,) = teacher.recordings(text)
            why = problem(recording, text, start.manifest["sample_rate"], heard)
        except UnfitError as error:
            why = str(error)
        if why:
            bad.append(file.name)
            report(f"left out: {file.name}: {why}")
            continue
        shutil.copyfile(file, clips / "wavs" / file.name)
        lines.append(f"{file.stem}|{text}")
        seconds += len(recording.audio) / recording.rate
    if len(bad) > BAD_SHARE * len(sentences) or len(lines) < FEWEST:
        raise DistillError(
            f"{recordings}: only {len(lines)} of {len(sentences)} clips are usable; at least {FEWEST} and three in "
            "four must be; record the clips named above again"
        )
    write_text(clips / "metadata.csv", "\n".join(lines) + "\n")
    if (recordings / "recordings.toml").is_file():
        shutil.copyfile(recordings / "recordings.toml", clips / "recordings.toml")
    report(f"{len(lines)} clips, {seconds / 60:.1f} minutes")


def _check_language(who: str, teacher: Teacher, start: Voice) -> None:
    """Raise DistillError if the teacher does not have the language and the phonemes of the voice to start from."""
    name, language, phonemes = (start.manifest[key] for key in ("name", "language", "phonemes"))
    if (teacher.language, teacher.symbols) != (language, phonemes["symbols"]):
        raise DistillError(
            f"{who} speaks {teacher.language}, but voice '{name}' speaks {language} with its own phonemes; "
            "choose a voice of that language, or set `language` in the teacher's .toml"
        )


def problem(recording: Recording, text: str, rate: int, heard: Heard | None = None) -> str | None:
    """Return why a clip is unsuitable for a voice with this sample rate, or None if it is suitable."""
    if recording.rate < rate:
        return f"recorded at {recording.rate} Hz, but the voice's sample rate is {rate} Hz; record it again"
    kept = trimmed(recording)
    if why := fault([kept], text):
        return why
    if (above := background(recording)) < QUIETEST:
        return f"noise: the speech is only {above:.0f} dB above the background; at least {QUIETEST:.0f} are needed"
    if heard and (wrong := heard(text, kept)) > MISREAD:
        return f"wrong text: {100 * wrong:.0f} % of the words differ from what is heard"
    return None


def background(recording: Recording) -> float:
    """Return how far the speech is above the background level, in dB, from the loudest and the quietest tenth."""
    step = max(1, min(round(WINDOW * recording.rate), len(recording.audio)))
    count = len(recording.audio) // step
    level = (recording.audio[: count * step].reshape(count, step).astype(np.float64) ** 2).mean(1)
    quiet, loud = np.quantile(level, (0.05, 0.95))
    return float(10 * np.log10((loud + 1e-12) / (quiet + 1e-12)))


def whisper(language: str) -> Heard:
    """Return a function that recognises clips, which takes seconds. Raises MissingToolError if a package is missing."""
    from ticktalk.converter.judging.scores import Ear, prepared

    ear = Ear(language)

    def heard(text: str, recording: Recording) -> float:
        said = ear.words(text)
        found = ear.words(ear.transcribe(prepared(recording.audio, recording.rate)))
        return word_errors(said, found) / max(len(said), 1)

    return heard
