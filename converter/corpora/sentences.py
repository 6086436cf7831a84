"""The text a voice is trained on, without the sentences that are held out for judging."""

import hashlib
import unicodedata
from pathlib import Path

from ticktalk.converter.errors import DistillError
from ticktalk.converter.languages import en
from ticktalk.converter.teachers.teacher import Teacher
from ticktalk.system.files import read_bytes, read_text

HELD_OUT = Path(__file__).parent / "held_out.txt"


def held_out_sentences() -> list[str]:
    """The sentences that scores are measured on and that no corpus contains."""
    return HELD_OUT.read_text(encoding="utf-8").splitlines()


def _key(sentence: str) -> str:
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", sentence).casefold()))


def read_corpus(path: Path | None, size: int = 6500, seed: int = 1) -> list[str]:
    """Sentences to train on: the lines of `path`, or, without one, `size` drawn by the default builder.

    Held-out sentences and repetitions are left out. Raises DistillError for a file that is missing or empty.
    """
    if path is not None:
        try:
            lines = [line.strip() for line in read_text(path).splitlines()]
        except (OSError, UnicodeDecodeError) as error:
            raise DistillError(f"{path}: cannot be read as a UTF-8 corpus, one sentence a line ({error})") from error
    else:
        lines = en.default_sentences(size, seed)
    return trainable(lines, path)


def trainable(lines: list[str], source: object) -> list[str]:
    """Each sentence once, in order, without the held-out ones; compared by letters and digits alone.

    DistillError, which names their `source`, when none is left.
    """
    banned = {_key(s) for s in held_out_sentences()}
    kept: dict[str, str] = {}
    for line in lines:
        key = _key(line)
        if key and key not in banned:
            kept.setdefault(key, line)
    if not kept:
        raise DistillError(
            f"{source}: holds no sentence to train on, those for judging left out; give others, one a line"
        )
    return list(kept.values())


def source_of(path: Path | None) -> str:
    """Where the text of `read_corpus` is from, as the ledger records it."""
    if path is None:
        return en.DEFAULT_SOURCE
    return f"{path.name}, SHA-256 {hashlib.sha256(read_bytes(path)).hexdigest()[:16]}"


def check_language(teacher: Teacher, sentences: list[str], source: object) -> None:
    """DistillError, which names their `source`, where sentences would be phonemised as English and are not."""
    if not teacher.phonemizer.startswith("hibari"):
        if source is None:
            raise DistillError(
                f"teacher {teacher.card.name}: speaks {teacher.language}, and the default text is English; give "
                f"--corpus "
                f"a text in {teacher.language}, a sentence a line"
            )
        return
    if why := en.not_english(sentences):
        raise DistillError(
            f"{source}: is hardly English ({why}), and would be phonemised as English; state language and "
            f'phonemizer = "espeak-ng" for it (docs/reference/teachers.md, Other languages)'
        )
