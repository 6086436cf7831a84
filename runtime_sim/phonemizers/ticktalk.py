"""ticktalk's own front end, which can run on a watch: phonemes from a language pack (docs/explanation/text.md)."""

from collections.abc import Callable

from ticktalk.runtime_sim.text.bundled import DEFAULT, frontend, pack_names

SPEAKS = "the language packs that come with ticktalk"

READS_BYTES = True  # reads the same bytes as the watch


def variant(language: str) -> tuple[str, str] | None:
    """Return the name of the language's bundled pack as the variant, or None if no pack has that name."""
    name = language.lower()
    return (name, name) if name in pack_names() else None


def sentences(variant: str) -> Callable[[bytes], list[str]]:
    """Return a function that converts text to phoneme strings, one per sentence. `variant` names a language pack."""
    return frontend(variant or None)


def symbols() -> dict[str, int]:
    """Return the id of each phoneme and punctuation mark of the default pack, starting at 1."""
    return {symbol: number for number, symbol in enumerate(frontend(DEFAULT).symbols, 1)}
