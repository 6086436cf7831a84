"""ticktalk's own front end, which can run on a watch: phonemes from a language pack (docs/explanation/text.md)."""

from collections.abc import Callable

from ticktalk.runtime_sim.text.bundled import DEFAULT, frontend, pack_names

SPEAKS = "the language packs that come with ticktalk"

READS_BYTES = True  # the same bytes as on the watch


def variant(language: str) -> tuple[str, str] | None:
    """Return the bundled language pack of that name as the variant, or None if there is none."""
    name = language.lower()
    return (name, name) if name in pack_names() else None


def sentences(variant: str) -> Callable[[bytes], list[str]]:
    """Return a function from text to phoneme strings, one per sentence. `variant` is a language pack."""
    return frontend(variant or None)


def symbols() -> dict[str, int]:
    """Return the id of each phoneme and punctuation mark of the default pack, starting at 1."""
    return {symbol: number for number, symbol in enumerate(frontend(DEFAULT).symbols, 1)}
