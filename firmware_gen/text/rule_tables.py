"""The C tables of the rules that read numbers, times, units and other items, for `templates/text/text_match.c`."""

from __future__ import annotations

from ticktalk.firmware_gen.text.c_tables import Tables
from ticktalk.runtime_sim.text.rules import Rule

STEPS = (
    "end", "char", "open", "one", "digits", "number", "integer", "space", "spaces", "table", "sign", "pick", "letters",
    "capitals", "edge", "ahead",
)  # fmt: skip
AFTER = ("", "space", "word")
LAST_RULE = 0xFFFF


def add_rules(tables: Tables, places: dict[str, int]) -> None:
    """Add the rules of a front end. `places` maps the name of each table that rules search to its number."""
    scanner = tables.frontend.scanner
    rules: list[Rule] = []
    for many in (*scanner.rules.by_start.values(), *scanner.rules.by_word.values(), scanner.rules.glued):
        rules += many
    place = {id(rule): 0 for rule in rules}
    steps, rows = bytearray(), list[str]()
    verbs, verb_places = _verbs(tables, rules)
    for k, rule in enumerate({id(r): r for r in rules}.values()):
        place[id(rule)] = k
        rows.append(f"{{{len(steps)}, {verb_places[rule.verbs]}, {AFTER.index(rule.after)}}}")
        steps += _steps(tables, places, rule)
    lists: list[int] = [LAST_RULE]  # index 0: no rules

    listed_before: dict[tuple[int, ...], int] = {}

    def listed(many: list[Rule]) -> int:
        numbers = tuple(place[id(rule)] for rule in many)
        if numbers not in listed_before:
            listed_before[numbers] = len(lists)
            lists.extend([*numbers, LAST_RULE])
        return listed_before[numbers]

    starts = [0] * 256
    for c, many in scanner.rules.by_start.items():
        starts[tables.code[c]] = listed(many)
    by_word = sorted(scanner.rules.by_word, key=tables.coded)
    words = [f"{{{tables.text(word)}, {listed(scanner.rules.by_word[word])}}}" for word in by_word]
    glued = listed(scanner.rules.glued)
    tables.array("tx_rule", "tx_rules", rows, 6)
    tables.array("uint8_t", "tx_steps", steps)
    tables.array("tx_verb", "tx_verbs", verbs, 6)
    tables.array("uint16_t", "tx_start", starts)
    tables.array("tx_entry", "tx_by_word", words, 8)
    tables.value("uint16_t", "tx_by_word_count", len(words))
    tables.value("uint16_t", "tx_glued", glued)
    tables.array("uint16_t", "tx_lists", lists)


def _verbs(tables: Tables, rules: list[Rule]) -> tuple[list[str], dict[tuple, int]]:
    """Return the verbs of all readings and the position of each reading, which may be the tail of a longer
    reading."""
    verbs: list[str] = []
    places: dict[tuple, int] = {}
    for reading in sorted(dict.fromkeys(rule.verbs for rule in rules), key=len, reverse=True):
        if reading in places:
            continue
        for k in range(len(reading) + 1):
            places.setdefault(reading[k:], len(verbs) + k)
        for verb, first, second, word in reading:
            verbs.append(f"{{{ord(verb) if verb else 1}, {second << 4 | first}, {tables.said(word)}}}")
        verbs.append("{0, 0, 0}")
    return verbs, places


def _steps(tables: Tables, places: dict[str, int], rule: Rule) -> bytes:
    codes = [_step(tables, places, step) for step in rule.steps]
    out = bytearray()
    for k, (step, code) in enumerate(zip(rule.steps, codes)):
        if step[0] == "open":
            skip = sum(len(c) for c in codes[k + 1 : k + 1 + step[1]])
            code = bytes([code[0], skip, step[2], step[3]])
        out += code
    return bytes(out) + b"\0"


def _step(tables: Tables, places: dict[str, int], step: tuple) -> bytes:
    code = bytes([STEPS.index(step[0])])
    if step[0] == "char":
        return code + bytes([tables.code[step[1]]])
    if step[0] == "open":
        return code + bytes(3)
    if step[0] in ("one", "pick"):
        return code + tables.text(step[1]).to_bytes(2, "little")
    if step[0] == "digits":
        return code + bytes(step[1:3]) + step[3].to_bytes(2, "little")
    if step[0] == "table":
        return code + bytes([places[step[1]]])
    return code
