"""Decode a language pack's lexicon, which is front-coded and entropy-coded.

Words are sorted and grouped into blocks. Each entry stores the number of letters shared with the previous word in the
block, the remaining letters, and the phonemes. The code of a letter depends on the letter before it, and the code of
the first letter depends on the letter that it replaces in the previous word. Phonemes are stored as one chunk per
letter. The code is selected by the letter, the next letter, and whether the primary stress has occurred. Words that
cannot be split into chunks are stored phoneme by phoneme.
"""

from __future__ import annotations

from ticktalk.firmware_gen.text.codes import Bits, Code
from ticktalk.runtime_sim.errors import LanguageError
from ticktalk.runtime_sim.text.match import ASCII

MAGIC = b"TTL2"
READINGS = "VNJDP"
MOST_SHARED = 31
MOST_LETTERS = 32
KINDS = 4  # bit 1: the word is stored phoneme by phoneme; bit 0: the word has alternative readings


class Alphabet:
    """The characters of a lexicon's words.

    characters: 0, which ends a word; the letters; the apostrophe; the capitals that mark alternative readings.
    number: the number of each character.
    places: the number of contexts of a letter: the letter before it, or the letter that it replaces.
    speaking: the number of characters with chunks: the letters and the apostrophe.
    contexts: the number of contexts of a chunk: whether it follows the primary stress, and the next letter or 0.
    """

    def __init__(self, letters: str = ASCII):
        self.characters = f"\0{letters}'{READINGS}"
        self.number = {c: k for k, c in enumerate(self.characters)}
        self.places = 2 * len(self.characters)
        self.speaking = len(letters) + 1
        self.contexts = 2 * (self.speaking + 1)

    def chunk_context(self, letters: list[int], k: int, stressed: bool) -> int:
        """Return the context of the chunk of letter `k`. `stressed`: whether an earlier chunk has primary stress."""
        following = letters[k + 1] if k + 1 < len(letters) else 0
        return (self.speaking + 1 if stressed else 0) + (following if following <= self.speaking else 0)


class Lexicon:
    """A compressed lexicon, which maps words to phonemes.

    `data` holds the contents of the file. `chunks`, `phonemes` and `letters` are those passed to `compress`.
    `where` identifies the lexicon in error messages. Raises `LanguageError` if `data` is not in this format.
    """

    def __init__(
        self, data: bytes, chunks: list[str], phonemes: list[str], letters: str = ASCII, where: str = "lexicon"
    ):
        self.alphabet = Alphabet(letters)
        if data[:4] != MAGIC:
            raise LanguageError(f"{where}: unsupported lexicon format; rebuild the language pack")
        self.chunks, self.phonemes, self.data = chunks, phonemes, data
        self.words, self.size, blocks = (int.from_bytes(data[i : i + 2], "little") for i in (4, 6, 8))
        at = 10
        nibbles = _Nibbles(data, at)
        self.kind = Code(nibbles.take(KINDS))
        self.shared = Code(nibbles.take(MOST_SHARED + 1))
        self.spelled = Code(nibbles.take(len(phonemes)))
        at = nibbles.end() + self.alphabet.places
        nibbles = _Nibbles(data, at + 1)
        codes = [Code(nibbles.take(len(self.alphabet.characters))) for _ in range(data[at])]
        self.letters = [codes[group] for group in data[at - self.alphabet.places : at]]  # by context
        at = nibbles.end()
        self.groups: list[list[int]] = []  # by letter and context: the number of the code in `of_letter`
        self.of_letter: list[list[tuple[Code, bytes]]] = []
        for _ in range(self.alphabet.speaking):
            nibbles = _Nibbles(data, at)
            self.groups.append(nibbles.take(self.alphabet.contexts))
            self.of_letter.append([])
            at = nibbles.end() + 1
            for _ in range(data[at - 1]):
                count = data[at]
                numbers = data[at + 1 : at + 1 + count]
                nibbles = _Nibbles(data, at + 1 + count)
                self.of_letter[-1].append((Code(nibbles.take(count)), numbers))
                at = nibbles.end()
        self.offsets = [int.from_bytes(data[at + 3 * k : at + 3 * k + 3], "little") for k in range(blocks)]
        self.start = at + 3 * blocks

    def get(self, word: str) -> tuple[str, bool] | None:
        """Return the phonemes of `word` and whether it has alternative readings, or None if it is not listed."""
        if not word or len(word) > MOST_LETTERS:
            return None
        wanted = [self.alphabet.number.get(c, -1) for c in word]
        if -1 in wanted:
            return None
        low, high = 0, len(self.offsets)
        while high - low > 1:  # find the last block whose first word is not greater than `word`
            middle = (low + high) // 2
            bits = Bits(self.data, self.start + self.offsets[middle])
            if self._letters(bits, [], first=True) > wanted:
                high = middle
            else:
                low = middle
        if not self.offsets:
            return None
        bits = Bits(self.data, self.start + self.offsets[low])
        letters: list[int] = []
        for k in range(min(self.size, self.words - low * self.size)):
            letters = self._letters(bits, letters, first=k == 0)
            kind = self.kind.read(bits)
            found = self._phonemes(bits, letters, kind)
            if letters == wanted:
                return found, bool(kind & 1)
            if letters > wanted:
                return None
        return None

    def everything(self) -> dict[str, tuple[str, bool]]:
        """Return every word, its phonemes, and whether it has alternative readings."""
        all_words = {}
        for k, offset in enumerate(self.offsets):
            bits = Bits(self.data, self.start + offset)
            letters: list[int] = []
            for i in range(min(self.size, self.words - k * self.size)):
                letters = self._letters(bits, letters, first=i == 0)
                kind = self.kind.read(bits)
                all_words["".join(self.alphabet.characters[c] for c in letters)] = (
                    self._phonemes(bits, letters, kind),
                    bool(kind & 1),
                )
        return all_words

    def _letters(self, bits: Bits, before: list[int], first: bool) -> list[int]:
        letters, context = [], 0
        if not first:
            shared = self.shared.read(bits)
            letters, context = (
                before[:shared],
                len(self.alphabet.characters) + (before[shared] if shared < len(before) else 0),
            )
        while len(letters) < MOST_LETTERS:
            c = self.letters[context].read(bits)
            if c <= 0:
                break
            letters.append(c)
            context = c
        return letters

    def _phonemes(self, bits: Bits, letters: list[int], kind: int) -> str:
        said = []
        if kind & 2:
            while (p := self.spelled.read(bits)) > 0:
                said.append(self.phonemes[p])
        else:
            stressed = False
            for k, c in enumerate(letters):
                if c <= self.alphabet.speaking:
                    code, numbers = self.of_letter[c - 1][
                        self.groups[c - 1][self.alphabet.chunk_context(letters, k, stressed)]
                    ]
                    said.append(self.chunks[numbers[code.read(bits)]])
                    stressed |= "ˈ" in said[-1]
        return "".join(said)


class _Nibbles:
    """Reads nibbles, high nibble first."""

    def __init__(self, data: bytes, at: int):
        self.data, self.at = data, 2 * at

    def take(self, count: int) -> list[int]:
        taken = [self.data[k >> 1] >> (0 if k & 1 else 4) & 15 for k in range(self.at, self.at + count)]
        self.at += count
        return taken

    def end(self) -> int:
        """Return the offset of the first unread byte."""
        return (self.at + 1) // 2
