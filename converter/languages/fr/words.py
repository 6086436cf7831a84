"""Split French sentences into words for comparison.

The language pack writes out numbers, times, amounts and units, and separates elided words (`l'` and `heure`). Accents
count, as in Whisper's normaliser for languages other than English.
"""

import unicodedata

from ticktalk.runtime_sim.text.bundled import frontend

# Words that sound the same in two spellings, and words of the pack.
_SAME = {
    "dixsept": "dix sept", "dixhuit": "dix huit", "dixneuf": "dix neuf", "dixseptième": "dix septième",
    "dixhuitième": "dix huitième", "dixneuvième": "dix neuvième", "vingts": "vingt", "cents": "cent", "til": "t il",
    "plusse": "plus", "imèle": "email", "weekend": "week end", "okay": "ok", "où": "ou", "là": "la", "à": "a",
    "paraître": "paraitre", "connaître": "connaitre", "plaît": "plait", "coût": "cout", "coûte": "coute", "clé": "clef",
}  # fmt: skip


def words(sentence: str) -> list[str]:
    """Return the spoken words of a sentence, with numbers written out.

    For example, "Encore 5 min." becomes encore, cinq, minutes.
    """
    composed = unicodedata.normalize("NFC", sentence)
    found = " ".join(frontend("fr").spoken(composed)).casefold().split()
    same = " ".join(_SAME.get(word, word) for word in found if any(c.isalnum() for c in word))
    return same.replace("'", "' ").split()
