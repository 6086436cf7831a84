"""The text a voice is trained on, without the sentences that are held out for judging."""

import hashlib
import unicodedata
from collections.abc import Callable
from pathlib import Path

from ticktalk.converter.errors import DistillError
from ticktalk.converter.languages import DEFAULT, codes, language, names
from ticktalk.converter.teachers.teacher import Teacher
from ticktalk.runtime_sim.errors import TextError
from ticktalk.runtime_sim.unspoken import only_latin, unspoken_parts
from ticktalk.system.files import read_bytes, read_text

SHOWN = 5  # texts that were left out, in one line

Report = Callable[[str], None]


def held_out_file(tag: str = DEFAULT) -> Path:
    """The sentences that voices of a language are judged by and that no corpus contains, one a line; DistillError where
    there are none."""
    found = language(tag)
    if found is None:
        raise DistillError(
            f"there are no sentences to judge a voice by that speaks {tag} (there are in {names()}); give --sentences, "
            "a file with one a line"
        )
    return found.HELD_OUT


def held_out_sentences(tag: str = DEFAULT) -> list[str]:
    """The lines of `held_out_file`."""
    return held_out_file(tag).read_text(encoding="utf-8").splitlines()


def _key(sentence: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", sentence).casefold()))


def read_corpus(
    path: Path | None, size: int = 6500, seed: int = 1, tag: str = DEFAULT, report: Report = lambda line: None
) -> list[str]:
    """Sentences to train on: the lines of `path`, or, without one, `size` of the default text of a language.

    Held-out sentences, repetitions and lines without a word are left out, of which `report` gets a line each. Raises
    DistillError for a file that is missing and for a language that has no default text, TextError for a file with
    nothing to say.
    """
    if path is not None:
        try:
            lines = [line.strip() for line in read_text(path).splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise DistillError(f"{path}: cannot be read as a UTF-8 corpus, one sentence a line ({error})") from error
    else:
        found = language(tag)
        if found is None:
            raise DistillError(
                f"there is no default text in {tag}, there is in {names()}; give --corpus a text in {tag}, a sentence "
                "a line"
            )
        lines = found.default_sentences(size, seed)
    return trainable(lines, path, report if path is not None else lambda line: None)


def trainable(lines: list[str], source: object, report: Report = lambda line: None) -> list[str]:
    """Each sentence once, in order, without the held-out ones; compared by letters and digits alone. What is left out
    is told to `report`.

    Errors name their `source`: TextError when there is nothing to say, DistillError when no sentence is left.
    """
    banned = {_key(s) for code in codes() for s in held_out_sentences(code)}
    kept: dict[str, str] = {}
    wordless, held_out, repeated = [], [], []
    for line in lines:
        key = _key(line)
        if not key:
            wordless += [line] if line else []
        elif key in banned:
            held_out.append(line)
        elif key in kept:
            repeated.append(line)
        else:
            kept[key] = line
    for left, why in ((wordless, "without a word"), (held_out, "held out for judging"), (repeated, "there already")):
        if left:
            report(f"{source}: left out, since they are {why}: {_some(left)}")
    if not kept and not held_out:
        raise TextError(f"there is nothing to say in {source}")
    if not kept:
        raise DistillError(
            f"{source}: holds no sentence to train on, those for judging left out; give others, one a line"
        )
    return list(kept.values())


def texts_for(
    teacher: Teacher, spec: str, path: Path | None, size: int, report: Report = lambda line: None
) -> tuple[list[str], str]:
    """What a teacher, which `spec` names in messages, is to say, and where it is from, as the ledger records it.

    That is what it says of its own, else the lines of `path`, else the default text. DistillError where there is none,
    or where it is hardly in the teacher's language. `report` gets a line on each kind of line that is left out."""
    own = teacher.sentences()
    if own is not None:
        sentences, source, named = trainable(own, spec, report), f"transcripts of {teacher.voice}", spec
    else:
        try:
            sentences = read_corpus(path, size, tag=teacher.language, report=report)
        except DistillError as error:
            raise DistillError(f"teacher {spec}: {error}" if path is None else str(error)) from None
        source, named = source_of(path, teacher.language), str(path or "the default text")
    _check_language(teacher, sentences, named)
    return sentences, source


def unspoken_in(teacher: Teacher, sentences: list[str], report: Report = lambda line: None) -> list[str]:
    """The parts of these sentences for which the teacher's phonemizer has no phonemes, each once; `report` gets a line
    on them."""
    symbols, parts = teacher.symbols, dict[str, None]()
    for sentence in sentences:
        if not only_latin(sentence):
            parts |= dict.fromkeys(unspoken_parts(teacher.phonemizer, symbols, sentence))
    if parts:
        report(f"left out, since the phonemizer {teacher.phonemizer} cannot say it: {_some(list(parts))}")
    return list(parts)


def _some(texts: list[str]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(repr(text[:60]) for text in texts[:SHOWN]) + more


def source_of(path: Path | None, tag: str = DEFAULT) -> str:
    """Where the text of `read_corpus` is from, as the ledger records it."""
    if path is not None:
        return f"{path.name}, SHA-256 {hashlib.sha256(read_bytes(path)).hexdigest()[:16]}"
    found = language(tag)
    return found.TEXT_SOURCE if found else ""


def _check_language(teacher: Teacher, sentences: list[str], source: str) -> None:
    """DistillError, which names their `source`, where sentences would be phonemised as a language that they are not."""
    known = language(teacher.language)
    if known and (why := known.unlike(sentences)):
        raise DistillError(
            f"{source}: is hardly {known.NAME} ({why}), and would be phonemised as {known.NAME}; state language and "
            f'phonemizer = "espeak-ng" for it (docs/how-to/add-a-language.md)'
        )
