"""Select the training text, excluding the sentences reserved for scoring voices."""

import hashlib
import unicodedata
from collections.abc import Callable
from pathlib import Path

from ticktalk.converter.errors import DistillError
from ticktalk.converter.languages import DEFAULT, codes, language, names
from ticktalk.converter.teachers.teacher import Teacher
from ticktalk.runtime_sim.errors import TextError
from ticktalk.runtime_sim.unspoken import only_latin, unspoken_parts
from ticktalk.system.files import lines_of, one_line, read_bytes, read_text, unreadable

SHOWN = 5  # maximum number of left-out sentences quoted in a report line

Report = Callable[[str], None]


def held_out_file(tag: str = DEFAULT) -> Path:
    """Return the file with a language's held-out sentences, one per line.

    Voices are scored on these sentences, so no corpus contains them. Raises DistillError if the language has none.
    """
    found = language(tag)
    if found is None:
        raise DistillError(
            f"there are no held-out sentences in {tag} for scoring, only in {names()}; specify --sentences with a "
            "file of one sentence per line"
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
    """Return the training sentences: the lines of `path`, or `size` sentences of the language's default text.

    Omits held-out sentences, duplicates and lines without words, and reports each of these kinds in one line. Raises
    DistillError if the file is missing or the language has no default text, and TextError if the file has no text.
    """
    if path is not None:
        try:
            lines = [line.strip() for line in lines_of(read_text(path))]
        except (OSError, UnicodeDecodeError) as error:
            raise DistillError(f"{path}: cannot be read as a list of sentences: {unreadable(error)}") from None
    else:
        found = language(tag)
        if found is None:
            raise DistillError(
                f"there is no default text in {tag}, only in {names()}; pass --corpus with a text file in {tag}, "
                "one sentence per line"
            )
        lines = found.default_sentences(size, seed)
    return trainable(lines, path, report if path is not None else lambda line: None)


def trainable(lines: list[str], source: object, report: Report = lambda line: None) -> list[str]:
    """Return each sentence once, in order, except for held-out sentences.

    All sentences omitted for the same reason are reported together, in one line.

    Two sentences are considered equal if their letters and digits are equal. Raises TextError if there is no text, and
    DistillError if no sentence remains. Messages include `source`.
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
    for left, why in ((wordless, "no words"), (held_out, "reserved for scoring"), (repeated, "repeated")):
        if left:
            report(f"{source}: left out ({why}): {_some(left)}")
    if not kept and not held_out:
        raise TextError(f"{source} contains no text to speak")
    if not kept:
        raise DistillError(f"{source}: every sentence is reserved for scoring; specify other sentences, one per line")
    return list(kept.values())


def texts_for(
    teacher: Teacher, spec: str, path: Path | None, size: int, report: Report = lambda line: None
) -> tuple[list[str], str]:
    """Return the sentences that a teacher records, and their source for the ledger.

    The sentences are the teacher's own, if it has any, or the lines of `path`, or the default text. Messages refer to
    the teacher as `spec`. All sentences omitted for the same reason are reported together, in one line. Raises
    DistillError if there is no text, or if the text does not look like the teacher's language.
    """
    own = teacher.sentences()
    if own is not None:
        sentences, source, named = trainable(own, spec, report), f"transcripts of {one_line(teacher.voice)}", spec
    else:
        try:
            sentences = read_corpus(path, size, tag=teacher.language, report=report)
        except DistillError as error:
            raise DistillError(f"teacher {spec}: {error}" if path is None else str(error)) from None
        source, named = source_of(path, teacher.language), str(path or "the default text")
    _check_language(teacher, sentences, named)
    return sentences, source


def unspoken_in(teacher: Teacher, sentences: list[str], report: Report = lambda line: None) -> list[str]:
    """Return the parts of `sentences` that the teacher's phonemizer cannot pronounce, each only once.

    The parts are reported together, in one line.
    """
    symbols, parts = teacher.symbols, dict[str, None]()
    for sentence in sentences:
        if not only_latin(sentence):
            parts |= dict.fromkeys(unspoken_parts(teacher.phonemizer, symbols, sentence))
    if parts:
        report(f"left out (phonemizer {teacher.phonemizer} cannot pronounce it): {_some(list(parts))}")
    return list(parts)


def _some(texts: list[str]) -> str:
    """Quote the first few sentences and state how many more there are."""
    more = f" and {len(texts) - SHOWN} more" if len(texts) > SHOWN else ""
    return ", ".join(repr(text[:60]) for text in texts[:SHOWN]) + more


def source_of(path: Path | None, tag: str = DEFAULT) -> str:
    """Return the source of the text that `read_corpus` returns, for the ledger."""
    if path is not None:
        return f"{one_line(path.name)}, SHA-256 {hashlib.sha256(read_bytes(path)).hexdigest()[:16]}"
    found = language(tag)
    return found.TEXT_SOURCE if found else ""


def _check_language(teacher: Teacher, sentences: list[str], source: str) -> None:
    """Raise a DistillError that names `source` if the sentences do not look like the language of the phonemizer."""
    known = language(teacher.language)
    if known and (why := known.unlike(sentences)):
        raise DistillError(
            f"{source}: would be phonemised as {known.NAME}, but does not look like it ({why}); state its language "
            f'and phonemizer = "espeak-ng" (docs/how-to/add-a-language.md)'
        )
