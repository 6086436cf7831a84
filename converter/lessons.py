"""What a voice learns from: one teacher, or one for each of its speakers, with the sentences and the features of each.

A voice with several speakers has a folder for each of them, named after the speaker:

    WORK/heart/corpus, WORK/heart/features, WORK/michael/corpus, ...
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.converter.corpora.sentences import texts_for, unspoken_in
from ticktalk.converter.errors import DistillError
from ticktalk.converter.judging.loudness import SHORTEST, TARGET, loudness
from ticktalk.converter.storage.shard_folder import SENTENCES_A_SHARD, cannot_write, grouped
from ticktalk.converter.teachers.catalogue import find_card, make_teacher
from ticktalk.runtime_sim.prosody import MOST_SPEAKERS
from ticktalk.runtime_sim.speakers import MOST_NAMES, NAME
from ticktalk.system.errors import shown
from ticktalk.system.files import write_text

if TYPE_CHECKING:  # slow to import
    import numpy as np

    from ticktalk.converter.geometry import Geometry
    from ticktalk.converter.progress.run_clock import RunClock
    from ticktalk.converter.teachers.teacher import Teacher

Report = Callable[[str], None]  # receives one line of text at a time

# After this fraction of a run's minutes, synthesis (or recording, if the teacher is only recorded) stops early.
SYNTHESIS_SHARE, RECORDING_SHARE = 0.4, 0.2
USED = "sentences.json"  # file in a lesson's folder that records how many sentences were used
LEVEL = TARGET - 2.3  # LUFS of all speakers' recordings; export makes a voice 2.3 dB louder (voice_folder.LOUDNESS)


@dataclass(frozen=True)
class Lesson:
    """A teacher and the `sentences` that it speaks, from the source `text`.

    name: the speaker's name, or "" in a voice with one speaker.
    spec: the teacher, as the user wrote it.
    work: the folder of its corpus and features.
    beside: the facts of teachers whose speech was learned along with this one, but whom the voice does not have.
    """

    name: str
    spec: str
    teacher: Teacher
    sentences: list[str]
    text: str
    work: Path
    beside: tuple[dict, ...] = ()

    @property
    def facts(self) -> dict:
        """The teacher's facts and the source of the text, for the licence ledger.

        Commercial use is allowed if the teachers beside it allow it, too.
        """
        facts = self.teacher.facts | {"text": self.text}
        if not self.beside:
            return facts
        allowed = {each.get("commercial") for each in (facts, *self.beside)}
        known = {} if None in allowed and False not in allowed else {"commercial": False not in allowed}
        names = (f"{each['name']} {each['voice']} ({each.get('licence', 'unknown')})" for each in self.beside)
        return {key: facts[key] for key in facts if key != "commercial"} | known | {"beside": ", ".join(names)}


def named(spec: str) -> tuple[str, str]:
    """Split `NAME=TEACHER` into the speaker's name and the teacher. Without a name, it is ""."""
    name, found, teacher = spec.partition("=")
    return (name, teacher) if found and NAME.fullmatch(name) else ("", spec)


def name_of(teacher: Teacher) -> str:
    """Return a speaker's name made from the teacher's voice: `heart` for Kokoro's `af_heart`."""
    voice = re.sub("^[a-z]{2}_", "", (teacher.voice or teacher.card.name).lower())
    return re.sub("[^a-z0-9]+", "-", voice).strip("-")[:32]


def check_teachers(specs: Sequence[str]) -> None:
    """Raise DistillError if a teacher is unknown, or if there are too many. This needs no packages."""
    if len(specs) > MOST_SPEAKERS:
        raise DistillError(f"--teacher: {len(specs)} teachers, but a voice has at most {MOST_SPEAKERS} speakers")
    for spec in specs:
        name, found, teacher = spec.partition("=")
        if found and not os.path.lexists(spec) and not set(name) & {":", "/"}:  # of a speaker, not of a file
            if not NAME.fullmatch(name):
                raise DistillError(
                    f"teacher {spec}: {name!r} is not a speaker's name; use up to 32 lower-case letters, digits and "
                    "hyphens"
                )
            if len(specs) == 1:
                raise DistillError(f"teacher {spec}: a voice with one speaker has no name for it; specify {teacher}")
        find_card(named(spec)[1] if len(specs) > 1 else spec)


@dataclass(frozen=True)
class NamedTeacher:
    """A teacher that is ready to speak, as the user wrote it (`spec`), and the name of its speaker, or ""."""

    name: str
    spec: str
    teacher: Teacher


def named_teachers(specs: Sequence[str]) -> list[NamedTeacher]:
    """Return the teachers of a voice's speakers, with their names if there are several."""
    if len(specs) == 1:
        return [NamedTeacher("", specs[0], make_teacher(specs[0]))]
    found: list[NamedTeacher] = []
    for spec in specs:
        name, spec = named(spec)
        teacher = make_teacher(spec)
        one = NamedTeacher(name or name_of(teacher), spec, teacher)
        if not NAME.fullmatch(one.name):
            raise DistillError(f"teacher {spec}: '{teacher.voice}' is not a speaker's name; specify NAME={spec}")
        found.append(one)
    return found


def check_together(found: Sequence[NamedTeacher]) -> None:
    """Raise DistillError if these teachers cannot be the speakers of one voice."""
    for one, other in ((one, other) for number, one in enumerate(found) for other in found[:number]):
        _check_pair(one, other)
    if (length := len(",".join(one.name for one in found))) > MOST_NAMES:
        raise DistillError(
            f"the speakers' names have {length} characters, but at most {MOST_NAMES} fit into a voice; specify shorter "
            "ones, as in NAME=TEACHER"
        )


def lessons_of(
    specs: Sequence[str], corpus: Path | None, size: int, work: Path, resume: bool, report: Report
) -> list[Lesson]:
    """Return a lesson for each teacher. `corpus` and `size` select the sentences (corpora.sentences.texts_for).

    A resumed run uses only the sentences that the earlier run had time for. Raises DistillError if the teachers of a
    voice with several speakers do not fit together, or if none of them speaks the sentences of `corpus`.
    """
    found = named_teachers(specs)
    check_together(found)
    if corpus is not None and all(one.teacher.sentences() is not None for one in found):
        raise DistillError(f"--corpus {corpus}: {', '.join(specs)} has its own sentences; omit --corpus")
    return [lesson_of(one, corpus, size, work / one.name, resume, report) for one in found]


def check_recordable(lessons: Sequence[Lesson]) -> None:
    """Raise DistillError if a teacher has to be paid first, or if its folder contains other recordings."""
    from ticktalk.converter.features.from_recordings import recordable

    for lesson in lessons:
        recordable(lesson.spec, lesson.sentences, lesson.work / "corpus")


def _check_pair(one: NamedTeacher, other: NamedTeacher) -> None:
    if one.name == other.name:
        raise DistillError(
            f"two speakers are named '{one.name}'; specify another name for one, as in NAME={other.spec}"
        )
    for what, own, theirs in (
        ("language", one.teacher.language, other.teacher.language),
        ("phonemizer", one.teacher.phonemizer, other.teacher.phonemizer),
    ):
        if own != theirs:
            raise DistillError(
                f"the speakers '{other.name}' and '{one.name}' differ in {what} ({theirs} and {own}), but one network "
                f"reads for both; set `{what}` in the teacher's .toml, or train two voices"
            )
    if one.teacher.symbols != other.teacher.symbols:
        raise DistillError(
            f"the speakers '{other.name}' and '{one.name}' have different phonemes, but one network reads for both; "
            "train two voices"
        )


def lesson_of(one: NamedTeacher, corpus: Path | None, size: int, work: Path, resume: bool, report: Report) -> Lesson:
    """Return the lesson of one teacher, whose folder is `work`; see `lessons_of`."""
    sentences, text = texts_for(one.teacher, one.spec, corpus, size, report)
    unspoken_in(one.teacher, sentences, report)
    used = sentences[: _sentences_used(work)] if resume else sentences
    return Lesson(one.name, one.spec, one.teacher, used, text, work)


def level_of(judged: list[np.ndarray], rate: int) -> float:
    """Return the factor that brings these recordings, int16, to a loudness of LEVEL.

    Raises DistillError if they are too short or too quiet to have a loudness.
    """
    import numpy as np

    audio = np.concatenate(judged) / 32768
    measured = loudness(audio, rate) if len(audio) >= SHORTEST * rate else -np.inf
    if not np.isfinite(measured):
        raise DistillError(
            f"the {len(audio) / rate:.1f} s of a speaker's first recordings are too short or too quiet to measure "
            "their loudness; specify more sentences, or louder recordings"
        )
    return 10 ** ((LEVEL - measured) / 20)


def feature_shards(
    clock: RunClock,
    lesson: Lesson,
    part: tuple[int, int],
    workers: int | None,
    report: Report,
    cluster: str | None,
    geometry: Geometry,
    fits: bool,
    process: int,
    later: float = 0.0,
    expected: float = 0.0,
) -> list[Path]:
    """Return the folders of a lesson's feature shards. Their number depends on the time available.

    part: the number of the lesson, and the number of lessons, which share the time.
    fits: the teacher's internals are used; several speakers are always recorded, and brought to one loudness.
    expected, later: estimated seconds of this stage, and of those that follow it in a run without a time limit.
    """
    from ticktalk.converter.features.from_recordings import features_from_recordings
    from ticktalk.converter.storage.shards import synthesise, synthesised

    number, count = part
    rest = later if clock.limit is None else clock.limit * (1 - SYNTHESIS_SHARE * (number + 1) / count)
    features = lesson.work / "features"

    def over(share: float) -> bool:
        """Return whether this lesson's share of the time is used. The lessons before it have each used theirs."""
        return clock.limit is not None and clock.elapsed > ((number * SYNTHESIS_SHARE + share) / count * clock.limit)

    def advance(done: int, total: int) -> None:
        clock.advance(done, total, f"shard {done} of {total}")

    if not fits:
        clock.stage(f"recording and decomposing {lesson.name}".strip(), rest=rest, expected=expected)
        return features_from_recordings(
            lesson.spec,
            lesson.sentences,
            lesson.text,
            lesson.work,
            workers,
            advance,
            report,
            cluster,
            geometry,
            lambda recorded: over(RECORDING_SHARE if recorded else SYNTHESIS_SHARE),
            level_of if count > 1 else None,
        )
    clock.stage("synthesis", rest=rest, expected=expected)
    if process == 0:
        return synthesise(
            lesson.sentences,
            lesson.teacher,
            features,
            workers,
            advance,
            report,
            cluster,
            geometry.bins,
            lambda: over(SYNTHESIS_SHARE),
        )
    report(f"process {process} is waiting for synthesis in process 0")
    return synthesised(lesson.sentences, lesson.teacher, features, bins=geometry.bins)


def sentences_made(lesson: Lesson, count: int, geometry: Geometry, fits: bool) -> int:
    """Return the number of sentences whose features exist, and of which `feature_shards` would keep the shards.

    count: the number of lessons. fits: the teacher's internals are used.
    """
    from ticktalk.converter.features import from_recordings
    from ticktalk.converter.storage import shards

    features, level = lesson.work / "features", level_of if count > 1 else None
    if fits:
        kept = shards.kept(lesson.sentences, lesson.teacher, features, geometry.bins)
    else:
        kept = from_recordings.kept(lesson.teacher, lesson.sentences, lesson.work, geometry, level)
    return sum(len(group) for folder, group in grouped(lesson.sentences, features) if folder in kept)


def use_sentences(lesson: Lesson, folders: list[Path], minutes: float | None, report: Report) -> int:
    """Return the number of sentences in the shards.

    If the time was too short for more, `minutes` in all, report it, and record it for a resumed run.
    """
    used = min(len(folders) * SENTENCES_A_SHARD, len(lesson.sentences))
    if minutes is not None and used < len(lesson.sentences):
        of = f"{lesson.name}: " if lesson.name else ""
        report(
            f"{of}{used} of {len(lesson.sentences)} sentences: --minutes {minutes:g} is too short for more; "
            "increase --minutes, or record first with `ticktalk corpus`"
        )
        file = lesson.work / USED
        try:
            write_text(file, json.dumps({"sentences": used}))
        except OSError as error:
            raise cannot_write(file, error) from None
    return used


def _sentences_used(work: Path) -> int | None:
    """Return the number of sentences that an earlier run had time for, or None for all sentences."""
    try:
        used = json.loads((work / USED).read_text())["sentences"]
        if type(used) is not int or used < 1:
            raise ValueError(f"{shown(used)} sentences")
        return used
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DistillError(f"{work / USED}: cannot be read ({error!r}); delete {work} and train again") from None
