"""Check whether sentences look like a language, by its letters and its most common words.

unlike = Likeness("Spanish", letters="áéíóúüñ", words="más muy también", least_common=0.06, enough_words=60)
unlike(["Good morning."])            # a reason, or None
"""

import re

MOST_FOREIGN = 0.1  # maximum fraction of sentences with a letter of another language ("café")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


class Likeness:
    """A check for the language `name`.

    letters: its letters beyond a to z. words: its common words, except those that also occur in neighbouring languages.
    least_common: minimum fraction of these words in a text of at least `enough_words` words.
    """

    def __init__(self, name: str, letters: str, words: str, least_common: float, enough_words: int):
        self._name, self._letters, self._common = name, letters, {*words.split()}
        self._least_common, self._enough_words = least_common, enough_words

    def __call__(self, sentences: list[str]) -> str | None:
        """Return the reason why these sentences do not look like the language, or None if they do."""
        foreign = [(sentence, c) for sentence in sentences if (c := next(filter(self._foreign, sentence), None))]
        if len(foreign) > MOST_FOREIGN * len(sentences):
            sentence, letter = foreign[0]
            return (
                f"{len(foreign)} of {len(sentences)} sentences have letters such as {letter!r}, as in {sentence[:60]!r}"
            )
        found = [word for sentence in sentences for word in _WORD.findall(sentence.lower())]
        common = sum(word in self._common for word in found)
        if len(found) >= self._enough_words and common < self._least_common * len(found):
            return f"only {common} of {len(found)} words are common {self._name} words, as in {sentences[0][:60]!r}"
        return None

    def _foreign(self, letter: str) -> bool:
        return letter.isalpha() and not letter.isascii() and letter.lower() not in self._letters
