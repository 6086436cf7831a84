"""Text to phonemes with a language pack: what the watch computes, here in Python."""

from __future__ import annotations

from collections.abc import Iterator

from ticktalk.runtime_sim.text.fold import Characters
from ticktalk.runtime_sim.text.items import Item
from ticktalk.runtime_sim.text.letters import Letters
from ticktalk.runtime_sim.text.pack import Pack
from ticktalk.runtime_sim.text.scan import Scanner
from ticktalk.runtime_sim.text.words import Words


class Frontend:
    """A pack, ready to read. order: of dates that are numbers, "mdy" or "dmy"."""

    def __init__(self, pack: Pack, order: str = "mdy"):
        files = {name: str(pack.path / part["file"]) for name, part in pack.manifest["files"].items()}
        self.pack = pack
        self.characters = Characters(pack.characters)
        self.scanner = Scanner(pack.rules, pack.words["sounds"]["letters"], files["rules"], order)
        self.letters = Letters(pack.letters, pack.manifest["chunks"], files["letters"])
        self.words = Words(pack.words, pack.lexicon, self.letters, files["words"])

    def items(self, text: str | bytes) -> Iterator[list[Item]]:
        """The words and marks of each sentence."""
        return self.scanner.sentences(self.characters.fold(text))

    def __call__(self, text: str | bytes) -> list[str]:
        """The phonemes of each sentence; text: characters or UTF-8, any bytes at all."""
        return [said for items in self.items(text) if (said := self.words.phonemes(items))]

    def spoken(self, text: str | bytes) -> list[str]:
        """What is read, in words: for people and for `--json`."""
        return [" ".join(word for word, _ in items) for items in self.items(text)]
