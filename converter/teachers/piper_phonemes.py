"""Phonemes of `hibari` (American English) as a Piper voice takes them, which is espeak-ng's IPA.

A corpus in hibari's phonemes needs no espeak-ng on the desk, and a student may begin as one of hibari's does. Both
write stress before the vowel; hibari has one letter for a diphthong and an affricate, and leaves out length."""

SPELLED = {
    "A": "eɪ",
    "I": "aɪ",
    "O": "oʊ",
    "W": "aʊ",
    "Y": "ɔɪ",
    "ʤ": "dʒ",
    "ʧ": "tʃ",
    "T": "ɾ",
    "ᵊ": "ə",
    "u": "uː",
    "ɑ": "ɑː",
    "ɔ": "ɔː",
    "ɜ": "ɜː",
    "“": '"',
    "”": '"',
    "—": ",",
}
STRESS, VOWELS = "ˈˌ", "AIOWYaeiouæɐɑɔəɛɜɪʊʌᵊᵻ"


def spelled(phonemes: str) -> list[str]:
    """What to say for each of hibari's phonemes: one string of IPA a phoneme, "" where the one before it says it
    too."""
    found = []
    for i, phoneme in enumerate(phonemes):
        before, after = phonemes[max(i - 1, 0) : i], phonemes[i + 1 : i + 2]
        if phoneme == "ɹ" and before in tuple("ɜə"):
            # "hurt" has one sound for both, "hurry" glides on to the vowel.
            found.append("ɹ" if after in tuple(VOWELS + STRESS) else "")
        elif phoneme == "ə" and after == "ɹ":
            found.append("ɚ")
        elif phoneme == "ɔ" and after == "ɹ":
            found.append("oː")
        elif phoneme == "i" and before in tuple(STRESS):
            found.append("iː")
        else:
            found.append(SPELLED.get(phoneme, phoneme))
    return found
