"""Create the files that fixed phrases add to a project."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.phrases.compiled import phrases_header
from ticktalk.firmware_gen.phrases.phrase_file import load_phrases
from ticktalk.firmware_gen.phrases.pieces import pieces_files
from ticktalk.firmware_gen.text.reading import NONE
from ticktalk.runtime_sim.reading import packs_of
from ticktalk.runtime_sim.text.bundled import frontend
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.user.words_file import with_own_words
from ticktalk.runtime_sim.voice import Voice

CLOCK = "clock"  # selects numbers, quantities and times of day instead of a file


def phrase_files(
    voice: Voice, pack: str | None, words: Path | str | None, sources: Sequence[Path | str], name: str
) -> dict[str, str]:
    """Return the C files by name: NAME_phrases.h for files of phrases, NAME_pieces.h and NAME_pieces.c for CLOCK.

    `pack` is a language pack's name or folder, and None or "none" selects the voice's own. `words` is a file with the
    user's own pronunciations.

    Raises a BuildError that names the file if a name occurs twice or the voice cannot say a phrase.
    """
    if not sources:
        return {}
    front = with_own_words(front_of(voice, None if pack == NONE else pack), words)
    files = pieces_files(front, voice, name) if any(str(source) == CLOCK for source in sources) else {}
    phrases: dict[str, str] = {}
    for source in sources:
        if str(source) != CLOCK:
            more = load_phrases(source)
            if twice := sorted(phrases.keys() & more.keys()):
                raise BuildError(f"{source}: phrase {twice[0]} is already in another file; rename one of them")
            phrases |= more
    if phrases:
        where = ", ".join(str(source) for source in sources if str(source) != CLOCK)
        files[f"{name}_phrases.h"] = phrases_header(front, voice, phrases, where, name)
    return files


def front_of(voice: Voice, pack: str | None) -> Frontend:
    """Return the front end of `pack`, by default the first pack that the voice names. Raises BuildError if the voice
    names no pack."""
    packs = packs_of(voice)
    if pack is None and not packs:
        raise BuildError(f"voice '{voice.manifest['name']}' does not name a language pack; choose one")
    return frontend(pack or packs[0])
