"""Split French sentences into words for comparison.

The language pack writes out numbers, times, amounts and units, and separates elided words (`l'` and `heure`). Accents
count, as in Whisper's normaliser for languages other than English.
"""

from ticktalk.converter.languages.spoken import spoken_words

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
    return " ".join(spoken_words("fr", sentence, _SAME)).replace("'", "' ").split()
