"""Translate hibari's phonemes (American English) to a Piper voice's phonemes, which are espeak-ng's IPA.

Because the corpus uses hibari's phonemes, recording it does not require espeak-ng, and a student can be initialised
from one of hibari's students. Both alphabets mark stress before the vowel. In hibari's alphabet, diphthongs and
affricates are single letters, and length is not marked.
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
    """Return each phoneme in IPA, or "" if the preceding phoneme includes its sound."""
    found = []
    for i, phoneme in enumerate(phonemes):
        before, after = phonemes[max(i - 1, 0) : i], phonemes[i + 1 : i + 2]
        if phoneme == "ɹ" and before in tuple("ɜə"):
            # In "hurt", the two phonemes form one sound. In "hurry", the second is the onset of the next vowel.
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
