"""Translate hibari's phonemes (American English) to those of a Piper voice, which are espeak-ng's IPA.

A corpus in hibari's phonemes needs no espeak-ng on your machine, and a student can start from one of hibari's. Both put
stress before the vowel. hibari has one letter for a diphthong or an affricate, and does not mark length.
"""

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
    """Return one string of IPA for each of hibari's phonemes, "" if the one before it includes its sound."""
    found = []
    for i, phoneme in enumerate(phonemes):
        before, after = phonemes[max(i - 1, 0) : i], phonemes[i + 1 : i + 2]
        if phoneme == "ɹ" and before in tuple("ɜə"):
            # In "hurt" both are one sound. In "hurry" the second glides into the vowel.
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
