"""Our own front end, the one that a watch has: phonemes of a language pack (docs/explanation/text.md)."""

from collections.abc import Callable

from ticktalk.runtime_sim.text.bundled import DEFAULT, frontend, pack_names

SPEAKS = "the language packs that come with ticktalk"


def variant(language: str) -> tuple[str, str] | None:
    """The pack of that name; None where there is none."""
    name = language.lower()
    return (name, name) if name in pack_names() else None


def sentences(variant: str) -> Callable[[str], list[str]]:
    """A function from text to phoneme strings, one a sentence. variant: a language pack."""
    return frontend(variant or None)


def symbols() -> dict[str, int]:
    """Phoneme symbol -> id, from 1 on: the phonemes of the default pack, and marks."""
    front = frontend(DEFAULT)
    words = front.words
    said = [*words.lexicon.values(), *front.pack.manifest["chunks"], *words.letters.values(), ' ;:,.!?—…"()“”']
    said += [form for forms in words.weak.values() for form in forms]
    return {symbol: number for number, symbol in enumerate(sorted(set("".join(said))), 1)}
