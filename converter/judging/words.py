"""Count the differences between two lists of words, and split sentences in languages without their own rules.

Word boundaries are ignored: "work out" equals "workout", and "730" equals "7 30".
"""

import unicodedata
from collections.abc import Callable

from ticktalk.converter.languages import language

LONGEST = 4  # maximum number of words involved in a moved word boundary


def words_of(tag: str) -> Callable[[str], list[str]]:
    """Return the function that splits sentences in the language `tag` into words: its own `words`, or `plain_words`."""
    found = language(tag)
    return found.words if found else plain_words


def plain_words(sentence: str) -> list[str]:
    """Return the words of a sentence in lower case, each consisting of letters, marks and digits.

    Numbers are not converted, so write them out as they are spoken.
    """
    folded = unicodedata.normalize("NFKC", sentence).casefold()
    return "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded).split()


def word_errors(said: list[str], heard: list[str]) -> int:
    """Return the minimum number of word insertions, deletions and substitutions that turn `said` into `heard`.

    Moving a word boundary does not count as a change.
    """
    least = [list(range(len(heard) + 1))]
    for i, word in enumerate(said, 1):
        least.append([i])
        for j, other in enumerate(heard, 1):
            options = [least[i - 1][j] + 1, least[i][j - 1] + 1, least[i - 1][j - 1] + (word != other)]
            for m in range(1, min(i, LONGEST) + 1):
                own = "".join(said[i - m : i])
                options += [
                    least[i - m][j - n] for n in range(1, min(j, LONGEST) + 1) if own == "".join(heard[j - n : j])
                ]
            least[i].append(min(options))
    return least[-1][-1]


def character_errors(said: list[str], heard: list[str]) -> tuple[int, int]:
    """Return the minimum number of character edits that turn `said` into `heard`, and the number of characters in
    `said`.

    Only letters and digits count as characters.
    """
    one, other = "".join(said), "".join(heard)
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row = row, [i]
        for j, found in enumerate(other, 1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (letter != found)))
    return row[-1], len(one)
