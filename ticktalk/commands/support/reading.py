"""`ticktalk evaluate --text`: score a front end on the tables of its language pack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ticktalk.commands.support import show

if TYPE_CHECKING:
    from ticktalk.runtime_sim.text.frontend import Frontend


def judge_reading(language: str | None, json: bool) -> None:
    """Print the percentage of correct rows by category, for the held-out and the tuning half, and of correct
    heteronyms.

    Then print the network's error rate on unseen words, the percentage of tokens that the pack and the judge read
    alike, and the pack's flash usage. Scores that need a missing package are omitted with a note.
    """
    from ticktalk.firmware_gen.text.reading import flash_bytes
    from ticktalk.runtime_sim.text.bundled import frontend
    from ticktalk.runtime_sim.text.readings import load_rows, right, right_word

    front = frontend(language)
    rows = load_rows(front.pack.tests / "readings.tsv")
    categories: dict[str, list[int]] = {}
    for row in rows:
        tally = categories.setdefault(row.category, [0, 0, 0, 0])
        tally[2 * row.held + 1] += 1
        tally[2 * row.held] += right(row, front)
    heteronyms = front.pack.tests / "heteronyms.tsv"
    words = load_rows(heteronyms) if heteronyms.exists() else []
    told = sum(right_word(row, front) for row in words)
    whole = [sum(tally[k] for tally in categories.values()) for k in range(4)]
    unseen, tokens = _judged(front)
    sizes = flash_bytes(front)
    facts = {
        "language": front.pack.manifest["name"],
        "readings": {"held": whole[2:], "tuned": whole[:2]},
        "categories": {name: {"held": tally[2:], "tuned": tally[:2]} for name, tally in sorted(categories.items())},
        "heteronyms": [told, len(words)],
        "unseen": unseen,
        "agreement": tokens,
        "bytes": sizes,
        "flash_bytes": sum(sizes.values()),
    }
    if json:
        show.as_json(facts)
        return
    show.table(
        [
            ("CATEGORY", "HELD OUT", "TUNED TO"),
            *((name, _share(t[2:]), _share(t[:2])) for name, t in sorted(categories.items())),
            ("all", _share(whole[2:]), _share(whole[:2])),
            *([("heteronyms", _share([told, len(words)]), "")] if words else []),
        ]
    )
    print()
    lines = [
        ("flash", f"{sum(sizes.values()) / 1000:.1f} kB, including {sizes['code'] / 1000:.1f} kB of code (estimated)")
    ]
    if unseen:
        lines.append((f"{unseen['words']} unseen words", f"{unseen['right']:.1f} % right"))
        lines.append(("phoneme error", f"{unseen['phoneme_error']:.1f} %"))
    if tokens:
        lines.append((f"{tokens['tokens']} tokens", f"{tokens['same']:.1f} % as {tokens['judge']} reads them"))
    show.table(lines)


def _judged(front: Frontend) -> tuple[dict | None, dict | None]:
    """Return the scores that need the pack's sources. Scores that need a missing package are None."""
    from ticktalk.converter.errors import MissingToolError
    from ticktalk.converter.packs import judge
    from ticktalk.runtime_sim.errors import MissingToolError as MissingPhonemizerError

    scores: list[dict | None] = []
    for score in (lambda: judge.unseen_words(front), lambda: judge.agreement(front)):
        try:
            scores.append(score())
        except (MissingToolError, MissingPhonemizerError) as error:
            show.note(f"not measured: {error}")
            scores.append(None)
    return scores[0], scores[1]


def _share(tally: list[int]) -> str:
    right, all_rows = tally
    return f"{right}/{all_rows} ({100 * right / all_rows:.1f} %)" if all_rows else "-"
