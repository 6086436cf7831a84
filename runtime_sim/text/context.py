"""Choose a word's reading from its context."""

from __future__ import annotations

from collections.abc import Callable

from ticktalk.runtime_sim.errors import LanguageError

BEFORE, BEHIND = 5, 8  # number of words that the conditions `b` and `a` inspect
PLACES = ("p1", "p2", "n1", "n2", "b", "a", "capital")


class Context:
    """The word classes and context rules from a pack's words.toml.

    A condition is a tuple (position, whether it is negated, class number). The class number -1 means that the sentence
    has no word at that position.
    """

    def __init__(self, facts: dict, where: str):
        self.classes: dict[str, int] = {}  # word -> bit mask of its classes
        numbers = {name: k for k, name in enumerate(facts["classes"])}
        for name, words in facts["classes"].items():
            for word in words:
                self.classes[word] = self.classes.get(word, 0) | 1 << numbers[name]
        self.of_word: dict[str, list[tuple[str, list]]] = {}
        self.general: list[tuple[str, list]] = []
        for rule in facts["context"]:
            compiled = (rule["say"], [[_condition(c, numbers, where) for c in way] for way in rule["when"]])
            for word in rule.get("words", ()):
                self.of_word.setdefault(word, []).append(compiled)
            if "words" not in rule:
                self.general.append(compiled)

    def reading(self, word: str, has: Callable[[str], bool], words: list[str], at: int, capital: bool) -> str:
        """Return the letter that selects the reading of `words[at]`, or "" for its default reading.

        `has(letter)` returns whether the word has the reading for that letter. `words` holds the words of the sentence,
        with "" for each punctuation mark.
        """
        for rules in (self.of_word.get(word, ()), self.general):
            for say, ways in rules:
                if say and not has(say):
                    continue
                for way in ways:
                    if all(self._holds(c, words, at, capital) for c in way):
                        return say
        return ""

    def _holds(self, condition: tuple, words: list[str], at: int, capital: bool) -> bool:
        place, wrong, number = condition
        if place == "capital":
            return capital != wrong
        if place in ("b", "a"):
            around = words[max(0, at - BEFORE) : at] if place == "b" else words[at + 1 : at + 1 + BEHIND]
            return any(self.classes.get(w, 0) >> number & 1 for w in around) != wrong
        k = at + {"p1": -1, "p2": -2, "n1": 1, "n2": 2}[place]
        word = words[k] if 0 <= k < len(words) else ""
        if number < 0:
            return (word == "") != wrong
        return bool(self.classes.get(word, 0) >> number & 1) != wrong


def _condition(text: str, numbers: dict, where: str) -> tuple:
    place, _, name = text.partition("=")
    wrong = name.startswith("!")
    name = name.lstrip("!")
    if place not in PLACES or (place != "capital" and name != "^" and name not in numbers):
        raise LanguageError(f"{where}: condition {text!r} has an unknown position or class")
    return place, wrong, numbers.get(name, -1)
