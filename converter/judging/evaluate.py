"""Score voices and other systems by their audio. A voice's audio consists of the int16 samples that the watch plays.

speaker = VoiceSpeaker(voice)
sentences = held_out_sentences(speaker.language)
teachers, why_not = teachers_of([speaker], sentences)
evaluate([speaker], sentences, teachers).systems[0].estimates["wer"]    # value, low, high
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.judging.distance import cepstra, duration_errors, energy_errors, pitch_pairs, warped
from ticktalk.converter.judging.measures import MEASURES, Estimate, Score, estimate
from ticktalk.converter.judging.scores import Judge, prepared
from ticktalk.converter.judging.similarity import KnownVoice
from ticktalk.converter.judging.speakers import JudgedSpeaker, JudgedSpeech
from ticktalk.converter.judging.words import character_errors, word_errors
from ticktalk.runtime_sim.errors import TextError
from ticktalk.system.files import lines_of, read_text, unreadable

TOTALS = ("seconds", "real_time_factor")  # of speech, and of the machine that computed it


@dataclass
class System:
    """A speaker and its scores, one per sentence.

    `teacher` is the speaker with which it was compared, or None.
    """

    speaker: JudgedSpeaker
    scores: list[Score]
    teacher: JudgedSpeaker | None
    estimates: dict[str, Estimate | None] = field(init=False)

    def __post_init__(self) -> None:
        self.estimates = {measure.key: estimate(measure, self.scores) for measure in MEASURES}

    @property
    def means(self) -> dict[str, float]:
        """The values of all measures, without intervals, and the TOTALS.

        These are the seconds of speech and `real_time_factor`, the computing time per second of speech.
        """
        values = {key: found.value for key, found in self.estimates.items() if found}
        seconds = sum(self.speaker.said[score.sentence].seconds for score in self.scores)
        return values | {
            "sentences": len(self.scores),
            "seconds": seconds,
            "real_time_factor": self.speaker.working / seconds,
        }

    def worst_first(self) -> list[Score]:
        """Return the scores sorted by word error rate (highest first), then by naturalness (lowest first)."""
        return sorted(self.scores, key=lambda score: (-score.errors / max(score.words, 1), score.distillmos))

    def as_dict(self) -> dict:
        """Return the JSON form: {name, teacher, measures: {key: {value, low, high, unit}}, sentences (worst first),
        ...}.
        """
        measures = {
            measure.key: vars(found) | {"unit": measure.unit}
            for measure in MEASURES
            if (found := self.estimates[measure.key])
        }
        sentences = [
            {"sentence": score.sentence, "heard": score.heard, "errors": score.errors}
            | {measure.key: value for measure in MEASURES if (value := measure.of([score])) is not None}
            for score in self.worst_first()
        ]
        rest = {key: self.means[key] for key in TOTALS}
        return {
            "name": self.speaker.name,
            "teacher": self.teacher and self.teacher.name,
            "measures": measures,
            **rest,
            "sentences": sentences,
        }


@dataclass
class Evaluation:
    """Several systems evaluated on the same sentences.

    `skipped` maps each system that could not be evaluated to the reason.
    """

    sentences: list[str]
    systems: list[System]
    skipped: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict:
        """Return the JSON form."""
        return {"systems": [system.as_dict() for system in self.systems], "skipped": self.skipped}


def evaluate(
    speakers: Sequence[JudgedSpeaker],
    sentences: Sequence[str],
    teachers: Mapping[tuple[str, str], JudgedSpeaker] | None = None,
    judge: Judge | None = None,
    like: KnownVoice | None = None,
    report: Callable[[str, int, int], None] = lambda what, done, total: None,
) -> Evaluation:
    """Score `speakers` on `sentences`.

    Speakers that imitate one of `teachers`, by name and voice, are also compared with it. All speech is assumed to be
    in the first speaker's language. `report(what, done, total)` is called after every sentence. If a package is
    missing, raises MissingToolError before anything is synthesised.

    like: the voice that all speakers should have. Default: that of their teacher, or of the only one, if resemblyzer is
    installed.
    """
    judge = judge or Judge(speakers[0].language)
    total = len(speakers) * len(sentences)
    systems: list[System] = []
    known = {} if like else _known(teachers or {}, sentences)
    only = next(iter(known.values())) if len(known) == 1 else None
    teaching = {teacher.name for teacher in (teachers or {}).values()}  # each resembles itself in any case
    for speaker in speakers:
        model = teachers.get(speaker.teacher) if teachers and speaker.teacher else None
        own = known.get(speaker.teacher, only) if speaker.teacher else only
        wanted = like or (None if speaker.name in teaching else own)
        scores = []
        for sentence in sentences:
            spoken, shown = speaker.say(sentence), model.say(sentence) if model else None
            scores.append(listen(judge, sentence, spoken, shown, wanted))
            report(f"listening to {speaker.name}", len(systems) * len(sentences) + len(scores), total)
        systems.append(System(speaker, scores, model))
    return Evaluation(list(sentences), systems)


def _known(
    teachers: Mapping[tuple[str, str], JudgedSpeaker], sentences: Sequence[str]
) -> dict[tuple[str, str], KnownVoice]:
    """Return the voices of the teachers, or none if resemblyzer is not installed."""
    try:
        return {
            key: KnownVoice(prepared(speech.audio, speech.rate) for speech in map(teacher.say, sentences))
            for key, teacher in teachers.items()
        }
    except MissingToolError:
        return {}


def listen(
    judge: Judge, sentence: str, speech: JudgedSpeech, model: JudgedSpeech | None, like: KnownVoice | None = None
) -> Score:
    """Score one sentence. `model` is the teacher's speech, or None; `like` the voice that it should have, or None."""
    wav = prepared(speech.audio, speech.rate)
    said, heard = judge.words(sentence), judge.transcribe(wav)
    understood = judge.words(heard)
    score = Score(
        sentence,
        heard,
        word_errors(said, understood),
        len(said),
        *character_errors(said, understood),
        judge.distillmos(wav),
        judge.dnsmos(wav),
        similarity=like.similarity(wav) if like else None,
    )
    if model is None:
        return score
    distortion, path = warped(cepstra(speech), cepstra(model))
    return replace(
        score,
        mcd=distortion,
        pitch=pitch_pairs(speech, model, path),
        energy=energy_errors(speech, model, path),
        durations=duration_errors(speech, model),
    )


def read_sentences(file: Path) -> list[str]:
    """Return the sentences in `file`, one per line, skipping empty lines and lines that start with #.

    Raises TextError if the file contains no sentences or cannot be read.
    """
    try:
        lines = lines_of(read_text(file))
    except (OSError, UnicodeDecodeError) as error:
        raise DistillError(f"{file}: cannot be read as a list of sentences: {unreadable(error)}") from None
    sentences = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if not sentences:
        raise TextError(f"{file} contains no text to speak")
    return list(dict.fromkeys(sentences))
