"""Select the systems to compare a voice with: its teacher and any systems that the user specifies."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from ticktalk.converter.errors import DistillError, MissingToolError
from ticktalk.converter.judging.speakers import JudgedSpeaker, TeacherSpeaker, VoiceSpeaker
from ticktalk.converter.languages import code_of
from ticktalk.converter.teachers.catalogue import engine, find_card
from ticktalk.converter.teachers.served import Served
from ticktalk.system.home import cache_folder

TEACHER = "teacher"
SEVERAL = {"flite": ("flite:slt", "flite:kal16")}  # each name here selects several speakers


def teachers_of(
    voices: Iterable[VoiceSpeaker], sentences: Sequence[str], free: bool = True
) -> tuple[dict[tuple[str, str], TeacherSpeaker], dict[str, str]]:
    """Return the teachers of a voice's speakers, by name and voice, and the reasons why others cannot be used, by
    speaker."""
    found, missing = {}, {}
    for voice in voices:
        teacher, why = teacher_of(voice, sentences, free)
        if teacher is None or voice.teacher is None:
            missing[voice.name] = why
        else:
            found[voice.teacher] = teacher
    return found, missing


def teacher_of(voice: VoiceSpeaker, sentences: Sequence[str], free: bool = True) -> tuple[TeacherSpeaker | None, str]:
    """Return the teacher named in a voice's manifest and an empty string, or None and the reason why the teacher cannot
    be used.

    If `free` is true, the teacher was not asked for, so it is skipped if it is paid, or if a package, file or key that
    it needs is missing. Otherwise, that raises MissingToolError.
    """
    if not voice.as_trained:
        return None, f"{voice.name} uses a different front end than its teacher"
    if voice.teacher is None:
        return None, f"the manifest of voice {voice.name} does not name a teacher"
    spec = ":".join(filter(None, voice.teacher))
    try:
        speaker = _speaker(f"{TEACHER} {spec}", spec, voice.language)
    except DistillError as error:
        return None, str(error)
    except MissingToolError as error:
        if not free:
            raise
        return None, str(error)
    price, own = speaker.source.to_pay(list(sentences)), speaker.source.sentences()
    if free and price:
        return None, f"{spec} is not free ({price}); `ticktalk compare --with {TEACHER}` includes it anyway"
    if own is not None and not set(sentences) <= set(own):
        return None, f"{spec} can speak only its own sentences"
    return speaker, ""


def speakers_of(
    name: str, sentences: Sequence[str] = (), language: str | None = None
) -> tuple[list[TeacherSpeaker], str]:
    """Return the speakers selected by `name` (NAME[:VOICE]) and an empty string, or an empty list and the reason.

    The list is empty if the key for the teacher's server is missing, or if the teacher does not speak `language`.
    Raises DistillError if there is no such teacher or if it cannot speak these sentences, and MissingToolError if a
    program or package is missing.
    """
    specs = SEVERAL.get(name, (name,))
    kind = engine(find_card(specs[0]).engine)
    try:
        speakers = [_speaker(spec, spec) for spec in specs]
    except MissingToolError as error:
        if not issubclass(kind, Served):
            raise
        return [], str(error)
    for speaker in speakers:
        if (own := speaker.source.sentences()) is not None and not set(sentences) <= set(own):
            raise DistillError(f"--with {name}: can speak only its own sentences; specify them with --sentences")
        # The settings of other engines may state the language of the phonemes only.
        if "language" not in kind.SETTINGS and language and code_of(speaker.language) != code_of(language):
            return [], f"speaks {speaker.language}, but the voice speaks {language}"
    return speakers, ""


def bill(speakers: Sequence[JudgedSpeaker], sentences: Sequence[str]) -> dict[str, str]:
    """Return the prices of the speakers that are not free, keyed by name."""
    asked = {
        speaker.name: speaker.source.to_pay(list(sentences))
        for speaker in speakers
        if isinstance(speaker, TeacherSpeaker)
    }
    return {name: price for name, price in asked.items() if price}


def _speaker(name: str, spec: str, language: str | None = None) -> TeacherSpeaker:
    """Return a teacher. If it can speak several languages, it speaks `language`, as in the training."""
    card = replace(find_card(spec), answers=cache_folder() / "answers")
    kind = engine(card.engine)
    teacher = kind(card)
    if language not in (None, teacher.language) and "language" in kind.SETTINGS:
        teacher = kind(replace(card, settings=card.settings | {"language": language}))
    return TeacherSpeaker(name, teacher)
