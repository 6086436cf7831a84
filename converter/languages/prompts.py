"""A training text that mixes the prompts in a file with generated phrases.

text = Prompts(GENERAL, watch_phrase)
text.general_sentences()
text.default_sentences(3000, seed=1)
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

TEXT_SOURCE = (
    "prompts of Piper Recording Studio and Microsoft's speech samples (MIT licence) and generated watch phrases"
)


class Prompts:
    """The prompts in `file`, one per line, and the phrases that `phrase` generates."""

    def __init__(self, file: Path, phrase: Callable[[Random], str]):
        self._file, self._phrase = file, phrase

    def general_sentences(self) -> list[str]:
        """Return the prompts without digits."""
        return [line for line in self._prompts() if not any(map(str.isdigit, line))]

    def default_sentences(self, size: int, seed: int) -> list[str]:
        """Return at most `size` sentences, two thirds general and one third watch phrases, in random order, seeded with
        `seed`."""
        rng = Random(seed)
        lines = self._prompts()
        rng.shuffle(lines)
        lines = lines[: size * 2 // 3]
        phrases: dict[str, None] = {}
        while len(phrases) < min(size - len(lines), len(lines) // 2 + 1):
            phrases[self._phrase(rng)] = None
        lines += phrases
        rng.shuffle(lines)
        return lines

    def _prompts(self) -> list[str]:
        return self._file.read_text(encoding="utf-8").splitlines()
