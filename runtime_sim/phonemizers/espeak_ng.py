"""Phonemes from espeak-ng in the form used by Piper's voices: decomposed IPA with punctuation after each clause."""

import re
import shutil
import unicodedata
from collections.abc import Callable
from functools import cache

from ticktalk.runtime_sim.errors import MissingToolError, VoiceError
from ticktalk.system import processes

SPEAKS = "any language in `espeak-ng --voices`"
# Every trained voice depends on this order. Append new letters at the end.
LETTERS = (
    " !'(),-.:;?\""
    "abcdefhijklmnopqrstuvwxyzæçðøħŋœǀǁǂǃɐɑɒɓɔɕɖɗɘəɚɛɜɞɟɠɡɢɣɤɥɦɧɨɪɫɬɭɮɯɰɱɲɳɴɵɶɸɹɺɻɽɾʀʁʂʃʄʈʉʊʋʌʍʎʏʐʑʒʔʕʘʙʛʜʝʟʡʢ"
    "ʲˈˌːˑ˞βθχᵻⱱ0123456789\u0327\u0303\u032a\u032f\u0329ʰˤε↓#↑\u033a\u033bg\u0361\u0325\u030a\u0308\u0304\u0301\u031d\u031eᵝ"
)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_MARK = re.compile(r"([,;:.!?])[,;:.!?]*(?=\s|$)")  # end of a clause, unlike in 7:30 and 2.5
_LANGUAGE = re.compile(r"\([a-z-]+\)")  # espeak-ng's marker for a foreign word


def variant(language: str) -> tuple[str, str] | None:
    """Return the language unchanged, because espeak-ng itself rejects unknown names."""
    return language, language


def sentences(variant: str) -> Callable[[str], list[str]]:
    """Return a function that converts text to phoneme strings, one per sentence. `variant` is an espeak-ng voice.

    Raises `VoiceError` if there is no such voice.
    """
    _program()
    check_voice(variant or "en-us")

    def clause(words: str) -> str:
        return unicodedata.normalize("NFD", _LANGUAGE.sub("", " ".join(heard(variant or "en-us", words).split())))

    def sentence(text: str) -> str:
        *clauses, rest = [part.strip() for part in _MARK.split(text)]
        spoken = [clause(words) + mark for words, mark in zip(clauses[::2], clauses[1::2]) if words]
        return " ".join(spoken + [clause(rest)] * bool(rest))

    return lambda text: [spoken for part in _SENTENCE_END.split(text) if (spoken := sentence(part))]


def heard(voice: str, text: str) -> str:
    """Return the IPA that espeak-ng prints for a text, one line per clause.

    Raises `VoiceError` if espeak-ng cannot use the voice, and `MissingToolError` if it is not installed.
    """
    done = processes.run([_program(), "-q", "--ipa", "-v", voice, "--stdin"], input=text.encode(errors="replace"))
    said, complaint = (stream.decode(errors="replace") for stream in (done.stdout, done.stderr))
    if done.returncode:
        raise VoiceError(f"espeak-ng cannot use the voice '{voice}': {' '.join(complaint.split())}")
    return said


@cache
def check_voice(voice: str) -> None:
    """Raise `VoiceError` if espeak-ng has no such voice, LANGUAGE or LANGUAGE+VARIANT.

    espeak-ng itself refuses neither a variant that it lacks nor en-nonsense, for which it uses en.
    """
    language, found, variant = voice.partition("+")
    if language.lower() not in _names("--voices") | _names("--voices=mb"):
        raise VoiceError(f"espeak-ng has no voice '{language}'; choose one of `espeak-ng --voices`")
    if found and variant.lower() not in _names("--voices=variant"):
        raise VoiceError(f"espeak-ng has no variant '{variant}'; choose one of `espeak-ng --voices=variant`")


@cache
def _names(listing: str) -> set[str]:
    """Return all names of espeak-ng's voices in lower case: languages, and files with or without their folders.

    A line is: priority, language, age and gender, name, file, (other language and priority)...
    """
    done = processes.run([_program(), listing])
    found = set[str]()
    for line in done.stdout.decode(errors="replace").lower().splitlines()[1:]:
        words = line.split()
        if len(words) > 4:
            found |= {words[1], words[4], words[4].rpartition("/")[2], *re.findall(r"\((\S+) \d+\)", line)}
    return found


def _program() -> str:
    program = shutil.which("espeak-ng")
    if program is None:
        raise MissingToolError("the phonemizer 'espeak-ng' is not installed: apt install espeak-ng")
    return program


def symbols() -> dict[str, int]:
    """Return the id of each IPA symbol used in any language, starting at 1. Id 0 marks the edges of an utterance."""
    return {letter: number for number, letter in enumerate(dict.fromkeys(LETTERS), 1)}
