"""`ticktalk evaluate --text`: score a front end on the tables of its language pack."""

from ticktalk.commands.support import show


def judge_reading(language: str | None, json: bool) -> None:
    """Print the share of correct rows by category, for the held-out and the tuning half, and of correct heteronyms."""
    from ticktalk.runtime_sim.text.bundled import frontend
    from ticktalk.runtime_sim.text.readings import load_rows, right, right_word

    front = frontend(language)
    rows = load_rows(front.pack.tests / "readings.tsv")
    categories: dict[str, list[int]] = {}
    for row in rows:
        tally = categories.setdefault(row.category, [0, 0, 0, 0])
        tally[2 * row.held + 1] += 1
        tally[2 * row.held] += right(row, front)
    words = load_rows(front.pack.tests / "heteronyms.tsv")
    told = sum(right_word(row, front) for row in words)
    whole = [sum(tally[k] for tally in categories.values()) for k in range(4)]
    facts = {
        "language": front.pack.manifest["name"],
        "readings": {"held": whole[2:], "tuned": whole[:2]},
        "categories": {name: {"held": tally[2:], "tuned": tally[:2]} for name, tally in sorted(categories.items())},
        "heteronyms": [told, len(words)],
    }
    if json:
        show.as_json(facts)
        return
    show.table(
        [
            ("CATEGORY", "HELD OUT", "TUNED TO"),
            *((name, _share(t[2:]), _share(t[:2])) for name, t in sorted(categories.items())),
            ("all", _share(whole[2:]), _share(whole[:2])),
            ("heteronyms", _share([told, len(words)]), ""),
        ]
    )


def _share(tally: list[int]) -> str:
    right, all_rows = tally
    return f"{right}/{all_rows} ({100 * right / all_rows:.1f} %)" if all_rows else "-"
