"""Words whose stem is in the lexicon: what an ending makes of the stem's phonemes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

SHORTEST_STEM = 2


@dataclass(frozen=True)
class Ending:
    """letters: how the word ends; but_not: ... unless like this; stems: what takes their place, "-": nothing, and the
    doubled letter before goes too; say: (last phonemes of the stem, what follows), the first that fits; flap: a t
    between vowels is tapped; cut, put: what the stem's last phoneme is changed into."""

    letters: str
    but_not: tuple[str, ...]
    stems: tuple[str, ...]
    say: tuple[tuple[str, str], ...]
    flap: bool
    cut: str
    put: str


def endings(facts: list[dict]) -> tuple[Ending, ...]:
    """The endings of a pack, in the order in which they are tried."""
    return tuple(
        Ending(
            e["letters"],
            tuple(e.get("not", ())),
            tuple(e["stems"]),
            tuple((after, say) for after, say in e["say"]),
            e.get("flap", False),
            e.get("cut", ""),
            e.get("put", ""),
        )
        for e in facts
    )


def stems(word: str, ending: Ending) -> Iterator[str]:
    """The words that `word` may be an ending of."""
    if not word.endswith(ending.letters) or word.endswith(ending.but_not):
        return
    body = word[: -len(ending.letters)]
    for stem in ending.stems:
        if stem != "-":
            found = body + stem
        elif len(body) > 2 and body[-1] == body[-2]:
            found = body[:-1]
        else:
            continue
        if len(found) >= SHORTEST_STEM:
            yield found


def spoken(said: str, ending: Ending, tapped: str) -> str:
    """The phonemes of a stem with the ending. tapped: the phonemes behind which a t is tapped."""
    if ending.flap and len(said) > 1 and said[-1] == "t" and said[-2] in tapped:
        said = said[:-1] + "T"
    if ending.cut:
        if not said.endswith(ending.cut):
            return said
        said = said[: -len(ending.cut)] + ending.put
    for after, say in ending.say:
        if not after or said[-1] in after:
            return said + say
    return said


def derived(word: str, all_endings: tuple[Ending, ...], lookup: Callable[[str], str | None], tapped: str) -> str | None:
    """The phonemes of `word` by its stem, None where no stem of it is in the lexicon."""
    for ending in all_endings:
        for stem in stems(word, ending):
            said = lookup(stem)
            if said:
                return spoken(said, ending, tapped)
    return None
