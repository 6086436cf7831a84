"""ticktalk's own front end, which can run on a watch: phonemes from a language pack (docs/explanation/text.md)."""

from collections.abc import Callable

from ticktalk.runtime_sim.text.bundled import DEFAULT, frontend, pack_names

SPEAKS = "the language packs that come with ticktalk"


def variant(language: str) -> tuple[str, str] | None:
    """Return the bundled language pack of that name as the variant, or None if there is none."""
    name = language.lower()
    return (name, name) if name in pack_names() else None


def sentences(variant: str) -> Callable[[str], list[str]]:
    """Return a function from text to phoneme strings, one per sentence. `variant` is a language pack."""
    return frontend(variant or None)


def symbols() -> dict[str, int]:
    """Return the id of each phoneme of the default pack and each punctuation mark, starting at 1."""
    front = frontend(DEFAULT)
    words = front.words
    said = [*words.lexicon.values(), *front.pack.manifest["chunks"], *words.letters.values(), ' ;:,.!?—…"()“”']
    said += [form for forms in words.weak.values() for form in forms]
    return {symbol: number for number, symbol in enumerate(sorted(set("".join(said))), 1)}
