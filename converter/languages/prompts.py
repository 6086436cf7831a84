"""A training text that mixes general sentences, such as the prompts in a file, with generated phrases.

text = Prompts(GENERAL, watch_phrase)
text.general_sentences()
text.default_sentences(3000, seed=1)
"""

from collections.abc import Callable
from pathlib import Path
from random import Random

from ticktalk.system.files import lines_of

TEXT_SOURCE = (
    "prompts of Piper Recording Studio and Microsoft's speech samples (MIT licence) and generated watch phrases"
)


def mixed(general: list[str], phrase: Callable[[Random], str], size: int, seed: int) -> list[str]:
    """Return `size` sentences: two of `general`, in random order, then one new phrase, and so on, and only phrases once
    `general` is used up.

    A longer text begins with a shorter one, whose recordings it can keep.
    """
    rng = Random(seed)
    general = rng.sample(general, len(general))
    text: list[str] = []
    phrases = set[str]()
    for number in range(size):
        if number % 3 < 2 and general:
            text.append(general.pop())
            continue
        while (found := phrase(rng)) in phrases:
            pass
        phrases.add(found)
        text.append(found)
    return text


class Prompts:
    """The prompts in `file`, one per line, and the phrases that `phrase` generates."""

    def __init__(self, file: Path, phrase: Callable[[Random], str]):
        self._file, self._phrase = file, phrase

    def general_sentences(self) -> list[str]:
        """Return the prompts without digits."""
        return [line for line in self._prompts() if not any(map(str.isdigit, line))]

    def default_sentences(self, size: int, seed: int) -> list[str]:
        """Return at most `size` sentences (see `mixed`). There are no more if the prompts are used up."""
        prompts = self._prompts()
        return mixed(prompts, self._phrase, min(size, len(prompts) + len(prompts) // 2 + 1), seed)

    def _prompts(self) -> list[str]:
        return lines_of(self._file.read_text(encoding="utf-8"))
