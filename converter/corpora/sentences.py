"""Select the training text, without the sentences that are held out for judging."""

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

SHOWN = 5  # how many left-out texts a report line quotes

Report = Callable[[str], None]


def held_out_file(tag: str = DEFAULT) -> Path:
    """Return the file of held-out sentences of a language, one per line.

    Voices are judged by them, so no corpus contains them. Raises DistillError if the language has none.
    """
    found = language(tag)
    if found is None:
        raise DistillError(
            f"there are no sentences for judging a voice in {tag}, only in {names()}; give --sentences, "
            "a file with one sentence per line"
        )
    return found.HELD_OUT


def held_out_sentences(tag: str = DEFAULT) -> list[str]:
    """Return the lines of `held_out_file`."""
    return held_out_file(tag).read_text(encoding="utf-8").splitlines()


def _key(sentence: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", sentence).casefold()))


def read_corpus(
    path: Path | None, size: int = 6500, seed: int = 1, tag: str = DEFAULT, report: Report = lambda line: None
) -> list[str]:
    """Return sentences to train on: the lines of `path`, or without one `size` sentences of the language's default
    text.

    Leaves out held-out sentences, repetitions and lines without a word, and reports each of these kinds in one line.
    Raises DistillError for a missing file and for a language without a default text, TextError for a file without text.
    """
    if path is not None:
        try:
            lines = [line.strip() for line in read_text(path).splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise DistillError(f"{path}: cannot be read as UTF-8 text with one sentence per line ({error})") from error
    else:
        found = language(tag)
        if found is None:
            raise DistillError(
                f"there is no default text in {tag}, only in {names()}; give --corpus a text in {tag}, one sentence "
                "per line"
            )
        lines = found.default_sentences(size, seed)
    return trainable(lines, path, report if path is not None else lambda line: None)


def trainable(lines: list[str], source: object, report: Report = lambda line: None) -> list[str]:
    """Return each sentence once, in order, without the held-out ones; `report` gets a line on each kind of left-out
    line.

    Sentences are compared by letters and digits alone. Errors name their `source`: TextError if there is no text,
    DistillError if no sentence is left.
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
    for left, why in ((wordless, "no words"), (held_out, "held out for judging"), (repeated, "repeated")):
        if left:
            report(f"{source}: left out ({why}): {_some(left)}")
    if not kept and not held_out:
        raise TextError(f"there is nothing to say in {source}")
    if not kept:
        raise DistillError(f"{source}: every sentence is held out for judging; give others, one per line")
    return list(kept.values())


def texts_for(
    teacher: Teacher, spec: str, path: Path | None, size: int, report: Report = lambda line: None
) -> tuple[list[str], str]:
    """Return the texts that a teacher records, and where they are from, for the ledger.

    They are the teacher's own texts if it has any, else the lines of `path`, else the default text. `spec` names the
    teacher in messages. `report` gets a line on each kind of left-out line. Raises DistillError if there is no text, or
    if it does not look like the teacher's language.
    """
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
    """Return the parts of these sentences that the teacher's phonemizer cannot say, each once, and report them in one
    line.
    """
    symbols, parts = teacher.symbols, dict[str, None]()
    for sentence in sentences:
        if not only_latin(sentence):
            parts |= dict.fromkeys(unspoken_parts(teacher.phonemizer, symbols, sentence))
    if parts:
        report(f"left out (phonemizer {teacher.phonemizer} cannot say it): {_some(list(parts))}")
    return list(parts)


def _some(texts: list[str]) -> str:
    """Quote the first few texts and count the rest."""
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(repr(text[:60]) for text in texts[:SHOWN]) + more


def source_of(path: Path | None, tag: str = DEFAULT) -> str:
    """Return where the text of `read_corpus` is from, for the ledger."""
    if path is not None:
        return f"{path.name}, SHA-256 {hashlib.sha256(read_bytes(path)).hexdigest()[:16]}"
    found = language(tag)
    return found.TEXT_SOURCE if found else ""


def _check_language(teacher: Teacher, sentences: list[str], source: str) -> None:
    """Raise DistillError, naming `source`, if the sentences are not in the language they would be phonemised as."""
    known = language(teacher.language)
    if known and (why := known.unlike(sentences)):
        raise DistillError(
            f"{source}: would be phonemised as {known.NAME}, but does not look like it ({why}); state its language "
            f'and phonemizer = "espeak-ng" (docs/how-to/add-a-language.md)'
        )
