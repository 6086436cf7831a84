"""Read `words.toml`, which maps the user's spellings to phonemes between slashes or to respellings.

schema = 1
[words]
ticktalk = "tick-talk"
Nguyen = "/.../"
"""

from __future__ import annotations

from pathlib import Path

from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.frontend import Frontend
from ticktalk.runtime_sim.text.say import MARKS
from ticktalk.runtime_sim.text.user.own import checked
from ticktalk.system.errors import shown
from ticktalk.system.toml import read_toml

SCHEMA = 1
MOST_BYTES = 1 << 20
_NO_MARKS = str.maketrans("", "", "".join(MARKS))


def load_words(file: Path | str, front: Frontend) -> dict[str, str]:
    """Return the words of a `words.toml` as spelling -> phonemes. `front` reads the respellings.

    Raises a LanguageError that names the file and the key if a word is invalid.
    """
    facts = _facts(Path(file))
    words: dict[str, str] = {}
    for spelling, said in facts.items():
        where = f"{file}: word {shown(spelling)}"
        if not isinstance(said, str):
            raise LanguageError(f"{where}: {shown(said)} must be a string: either '/phonemes/' or a respelling")
        folded = front.characters.fold(spelling)
        phonemes = _phonemes(said, front, where)
        checked(folded, phonemes, front.alphabet, front.sounds, where)
        if folded in words:
            raise LanguageError(f"{where}: {shown(folded)} is already in this file; remove one of the two")
        words[folded] = phonemes
    return words


def with_own_words(front: Frontend, file: Path | str | None) -> Frontend:
    """Return `front` with the words of a `words.toml` added, or `front` itself if there is no file."""
    return front if file is None else front.with_words(load_words(file, front))


def _facts(file: Path) -> dict:
    facts = read_toml(file, LanguageError, most=MOST_BYTES)
    if facts.get("schema") != SCHEMA:
        raise LanguageError(f"{file}: schema = {shown(facts.get('schema'))}, but this program reads schema {SCHEMA}")
    if unknown := sorted(facts.keys() - {"schema", "words"}):
        raise LanguageError(f"{file}: unknown key {shown(unknown[0])}; put the words under [words]")
    if not isinstance(facts.get("words"), dict) or not facts["words"]:
        raise LanguageError(
            f"{file}: key 'words' is missing or empty; add [words], followed by lines such as ticktalk = \"/phonemes/\""
        )
    return facts["words"]


def _phonemes(said: str, front: Frontend, where: str) -> str:
    """Return the phonemes between the slashes, or the phonemes of a respelling."""
    if said.startswith("/"):
        if len(said) < 3 or not said.endswith("/"):
            raise LanguageError(f"{where}: {shown(said)} must end with a slash, like /tˈɪktˌɔk/")
        return said[1:-1]
    if not said.strip():
        raise LanguageError(f"{where}: the pronunciation is empty; write '/phonemes/' or a respelling")
    return " ".join(" ".join(front(said)).translate(_NO_MARKS).split())
