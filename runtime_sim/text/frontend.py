"""Convert text to phonemes with a language pack. This is the Python counterpart of the C on the watch."""

from __future__ import annotations

from collections.abc import Iterator

from ticktalk.runtime_sim.text.fold import Characters
from ticktalk.runtime_sim.text.items import Item
from ticktalk.runtime_sim.text.letters import Letters
from ticktalk.runtime_sim.text.pack import Pack
from ticktalk.runtime_sim.text.scan import Scanner
from ticktalk.runtime_sim.text.words import Words


class Frontend:
    """The front end of one language pack. `order` is the order of numeric dates, "mdy" or "dmy"."""

    def __init__(self, pack: Pack, order: str = "mdy"):
        files = {name: str(pack.path / part["file"]) for name, part in pack.manifest["files"].items()}
        self.pack = pack
        self.characters = Characters(pack.characters)
        self.scanner = Scanner(pack.rules, pack.words["sounds"]["letters"], files["rules"], order)
        self.letters = Letters(pack.letters, pack.manifest["chunks"], files["letters"])
        self.words = Words(pack.words, pack.lexicon, self.letters, files["words"])

    def items(self, text: str | bytes) -> Iterator[list[Item]]:
        """Yield the words and punctuation marks of each sentence."""
        return self.scanner.sentences(self.characters.fold(text))

    def __call__(self, text: str | bytes) -> list[str]:
        """Return the phonemes of each sentence. `text` is a string or any bytes; valid UTF-8 is not required."""
        return [said for items in self.items(text) if (said := self.words.phonemes(items))]

    def spoken(self, text: str | bytes) -> list[str]:
        """Return the words of each sentence as they are read aloud, for display and for `--json`."""
        return [" ".join(word for word, _ in items) for items in self.items(text)]
