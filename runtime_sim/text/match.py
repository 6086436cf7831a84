"""Find the rules that may match at a position in the text, and match one of them, without backtracking."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ticktalk.runtime_sim.text.rules import Rule

DIGITS = frozenset("0123456789")
ASCII = "abcdefghijklmnopqrstuvwxyz"
MORE = "áéíóúüñàâçèêëîïôùû"  # letters that a pack may keep, in the order of the letter network
SMALL = frozenset(ASCII + MORE)
CAPITALS = frozenset(c.upper() for c in SMALL)
LETTERS = SMALL | CAPITALS
ALNUM = LETTERS | DIGITS
_LETTER = "".join(sorted(LETTERS))
RUN = re.compile(f"[{_LETTER}]+(?:'[{_LETTER}]+)*")
SPACES = frozenset(" \t\r\n")
MINUS = frozenset("-−")
GOES_ON = frozenset(".,:/")  # between two digits, these do not end a number
MOST_GROUPED = 64  # characters of a number after which no group of digits follows
MOST_SPACES = 8  # maximum number of spaces between two parts of a match
NOTHING = (0, 0, "")


def match(
    rule: Rule, text: str, at: int, tables: dict, group: str = ",", decimal: str = "."
) -> tuple[int, list[tuple]] | None:
    """Match `rule` at `text[at:]` and return (end, captures), or None if it does not match.

    `group` and `decimal` separate thousands and decimals. A capture is (start, end, table value), or NOTHING
    if its optional group did not match. `text` must end with NUL.
    """
    steps = rule.steps
    captures: list[tuple] = []
    i, end = at, -1
    k, n = 0, len(steps)
    inside, back, back_captures = -1, 0, 0  # end of the optional group, and the state to resume from if it fails
    while k < n:
        if k == inside:
            inside = -1
        step = steps[k]
        name = step[0]
        j = i
        failed = False
        if name == "char":
            c = text[i]
            if c == step[1] or (c in CAPITALS and c.lower() == step[1]):
                j = i + 1
            else:
                failed = True
        elif name == "open":
            inside, back, back_captures = k + 1 + step[1], i, step[3]
        elif name == "one":
            failed = text[i] not in step[1]
            j = i + 1
        elif name == "digits":
            while text[j] in DIGITS:
                j += 1
            size = j - i
            failed = not step[1] <= size <= step[2] or (step[3] > 0 and int(text[i:j]) >= step[3])
            captures.append((i, j, ""))
        elif name == "number" or name == "integer":
            j = whole(text, i, group)
            failed = j == i
            if name == "number" and text[j] == decimal and text[j + 1] in DIGITS:
                j += 1
                while text[j] in DIGITS:
                    j += 1
            captures.append((i, j, ""))
        elif name == "space" or name == "spaces":
            while text[j] in SPACES and text[j] != "\n" and j - i < MOST_SPACES:
                j += 1
            failed = name == "space" and j == i
        elif name == "table":
            key, value = longest(tables[step[1]], text, i)
            failed = not key
            j = i + key
            captures.append((i, j, value))
        elif name == "sign":
            if text[i] in MINUS or text[i] == "+":
                j = i + 1
            captures.append((i, j, ""))
        elif name == "pick":
            failed = text[i] not in step[1]
            j = i + 1
            captures.append((i, j, ""))
        elif name == "letters" or name == "capitals":
            taken = LETTERS if name == "letters" else CAPITALS
            while text[j] in taken:
                j += 1
            failed = j == i
            captures.append((i, j, ""))
        elif name == "edge":
            failed = text[i] in ALNUM or (
                text[i] in GOES_ON and i > 0 and text[i - 1] in DIGITS and text[i + 1] in DIGITS
            )
        else:  # ahead
            end = i
        if failed:
            if inside < 0:
                return None
            del captures[steps_captures(steps, k, inside) :]
            i, k = back, inside
            captures.extend([NOTHING] * (back_captures - len(captures)))
            inside = -1
            continue
        i = j
        k += 1
    return (i if end < 0 else end), captures


def steps_captures(steps: tuple, k: int, inside: int) -> int:
    """Return the number of captures before an optional group. The group contains step `k` and ends before step
    `inside`."""
    while steps[k][0] != "open" or k + 1 + steps[k][1] != inside:
        k -= 1
    return steps[k][2]


def whole(text: str, i: int, group: str) -> int:
    """Return the end of the integer at `i`: plain digits, or up to three digits and separated groups of three."""
    j = i
    while text[j] in DIGITS:
        j += 1
    if not 1 <= j - i <= 3:
        return j
    while (
        j - i < MOST_GROUPED
        and text[j] == group
        and text[j + 1] in DIGITS
        and text[j + 2] in DIGITS
        and text[j + 3] in DIGITS
        and text[j + 4] not in DIGITS
    ):
        j += 4
    return j


def longest(table: Table, text: str, i: int) -> tuple[int, str]:
    """Return the length and value of the longest key of `table` at `text[i]`, or (0, "") if none matches.

    A key that ends with a letter does not match if another letter follows.
    """
    for size in table.sizes.get(text[i], ()):
        value = table.entries.get(text[i : i + size])
        if value is not None and not (text[i + size - 1] in LETTERS and text[i + size] in LETTERS):
            return size, value
    return 0, ""


class Table:
    """The entries of one table. `sizes` maps a first character to the lengths of its keys in descending order."""

    def __init__(self, entries: dict[str, str]):
        self.entries = entries
        sizes: dict[str, set[int]] = {}
        for key in entries:
            sizes.setdefault(key[0], set()).add(len(key))
        self.sizes = {first: sorted(lengths, reverse=True) for first, lengths in sizes.items()}


class RuleIndex:
    """The rules by their first characters and by their first words, and those that can start with any letters."""

    def __init__(self, rules: Iterable[Rule], tables: Mapping[str, Table]):
        self.by_start: dict[str, list[Rule]] = {}
        self.by_word: dict[str, list[Rule]] = {}
        self.glued: list[Rule] = []
        for rule in rules:
            self._add(rule, tables)

    def _add(self, rule: Rule, tables: Mapping[str, Table]) -> None:
        letters, others, runs = False, set(), set()
        for step in _firsts(rule.steps):
            if step[0] == "char":
                if step[1] in LETTERS:
                    runs.add(_literal(rule.steps).lower())
                else:
                    others.add(step[1])
            elif step[0] in ("digits", "number", "integer"):
                others |= DIGITS
            elif step[0] in ("one", "pick"):
                others |= {c for c in step[1] if c not in LETTERS}
                runs |= {c.lower() for c in step[1] if c in LETTERS}
            elif step[0] == "sign":
                others |= MINUS | {"+"}
            elif step[0] == "table":
                for key in tables[step[1]].entries:
                    if key[0] in LETTERS:
                        runs.add(key[: run_end(key, 0)].lower())
                    else:
                        others.add(key[0])
            elif step[0] in ("letters", "capitals"):
                letters = True
        # Sorted, because the order becomes that of the rules in C, which must not depend on the hash seed.
        for c in sorted(others):
            self.by_start.setdefault(c, []).append(rule)
        for run in sorted(runs):
            self.by_word.setdefault(run, []).append(rule)
        if letters:
            self.glued.append(rule)


def run_end(text: str, i: int) -> int:
    """Return the end of the run of letters at `i`, including apostrophes between letters."""
    found = RUN.match(text, i)
    return found.end() if found else i


def _firsts(steps: tuple) -> Iterator[tuple]:
    """Yield the steps that can begin a match."""
    k = 0
    while k < len(steps):
        step = steps[k]
        if step[0] == "open":
            yield from _firsts(steps[k + 1 : k + 1 + step[1]])
            k += 1 + step[1]
            continue
        yield step
        if step[0] not in ("sign", "spaces"):
            return
        k += 1


def _literal(steps: tuple) -> str:
    """Return the literal letters at the start of a pattern."""
    word = ""
    for step in steps:
        if step[0] != "char" or step[1] not in LETTERS:
            break
        word += step[1]
    return word
