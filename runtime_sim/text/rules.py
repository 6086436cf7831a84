"""Compile a pack's rules: each pattern into a list of steps, and each reading into a list of verbs.

Matching never backtracks: each step is greedy, and an optional group matches as a whole or is skipped. Running the same
steps in the same order therefore gives the same match in Python and in C.

    {d1-2<24}  1 or 2 digits (no digit may follow), below 24       {d2}  exactly two     {n}  a number: 1,234.5
    {i}        an integer, with or without separators              {-}   an optional sign
    {unit}     the longest matching key of the table `unit`        {w}   letters         {W}   capitals
    {[ab]}     one of these characters                             (...) an optional group
    _          optional spaces                                     a space: one or more spaces
    $          no letter, digit or rest of a number follows        >   look-ahead: what follows is not consumed
    a          this character; lower case also matches upper case; \\ escapes the characters above
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ticktalk.runtime_sim.errors import LanguageError

_DIGITS = re.compile(r"d(\d+)(?:-(\d+))?(?:<(\d+))?$")
_VERB = re.compile(r"(\??)([a-zA-Z])(\d)(?:/(\d))?$")
VERBS = "codkymMtpPfsnue"  # see say.py
MOST_CAPTURES = 9


@dataclass(frozen=True)
class Rule:
    """One compiled rule.

    steps: tuples (name, arguments ...); ("open", n) starts an optional group of n steps.
    verbs: tuples (verb, first capture, second capture, text).
    captures: the number of captures.
    """

    name: str
    after: str
    steps: tuple
    verbs: tuple
    captures: int


def compile_pattern(pattern: str, tables: dict, where: str) -> tuple[tuple, int]:
    """Compile `pattern` and return its steps and number of captures. Raises `LanguageError` if it is invalid."""
    steps: list[tuple] = []
    captures = 0
    opened = None
    i = 0
    while i < len(pattern):
        c = pattern[i]
        i += 1
        if c == "{":
            end = pattern.find("}", i)
            if end < 0:
                raise LanguageError(f"{where}: pattern {pattern!r}: unclosed brace")
            steps.append(_field(pattern[i:end], tables, where))
            captures += 1
            i = end + 1
        elif c == "(":
            if opened is not None:
                raise LanguageError(f"{where}: pattern {pattern!r}: nested brackets")
            opened = len(steps)
            steps.append(("open", 0, captures))
        elif c == ")":
            if opened is None:
                raise LanguageError(f"{where}: pattern {pattern!r}: closing bracket without an opening one")
            steps[opened] = ("open", len(steps) - opened - 1, steps[opened][2], captures)
            opened = None
        elif c == "[":
            end = pattern.find("]", i + 1)
            if end < 0:
                raise LanguageError(f"{where}: pattern {pattern!r}: unclosed square bracket")
            steps.append(("one", _set(pattern[i:end])))
            i = end + 1
        elif c in "_ $>":
            steps.append(({"_": "spaces", " ": "space", "$": "edge", ">": "ahead"}[c],))
        else:
            if c == "\\":
                c, i = pattern[i : i + 1], i + 1
            steps.append(("char", c))
    if opened is not None:
        raise LanguageError(f"{where}: pattern {pattern!r}: unclosed bracket")
    if captures > MOST_CAPTURES:
        raise LanguageError(f"{where}: pattern {pattern!r}: more than {MOST_CAPTURES} captures")
    return tuple(steps), captures


def _field(name: str, tables: dict, where: str) -> tuple:
    if found := _DIGITS.match(name):
        least = int(found[1])
        return ("digits", least, int(found[2] or least), int(found[3] or 0))
    if name in ("n", "i", "w", "W"):
        return ({"n": "number", "i": "integer", "w": "letters", "W": "capitals"}[name],)
    if name == "-":
        return ("sign",)
    if name.startswith("["):
        return ("pick", _set(name[1:-1]))
    if name in tables:
        return ("table", name)
    raise LanguageError(f"{where}: no table or field is called {{{name}}}")


def _set(characters: str) -> str:
    """Return the characters of a set, with ranges of letters and digits expanded."""
    return re.sub(r"(\w)-(\w)", lambda m: "".join(map(chr, range(ord(m[1]), ord(m[2]) + 1))), characters)


def compile_reading(say: str, captures: int, where: str) -> tuple:
    """Compile a reading into a list of operations. A plain word becomes an operation that says the word itself."""
    verbs: list[tuple] = []
    for part in say.split():
        found = _VERB.match(part)
        if found and found[2] in VERBS:
            for number in (found[3], found[4]):
                if number and int(number) > captures:
                    raise LanguageError(f"{where}: reading {say!r}: there is no capture {number}")
            verbs.append((found[2], int(found[3]), int(found[4] or 0), ""))
        elif part.startswith("?"):  # ?2:word adds the word if capture 2 is not empty
            number, _, word = part[1:].partition(":")
            verbs.append(("?", int(number), 0, word))
        else:
            verbs.append(("", 0, 0, part))
    return tuple(verbs)


def compile_rules(rules: list[dict], tables: dict, where: str) -> tuple[Rule, ...]:
    """Compile a pack's rules in the order in which they are tried."""
    done = []
    for number, rule in enumerate(rules):
        place = f"{where}: rule {rule.get('name', number + 1)}"
        for pattern in rule["match"] if isinstance(rule["match"], list) else [rule["match"]]:
            steps, captures = compile_pattern(pattern, tables, place)
            verbs = compile_reading(rule["say"], captures, place)
            done.append(Rule(rule.get("name", str(number + 1)), rule.get("after", ""), steps, verbs, captures))
    return tuple(done)
