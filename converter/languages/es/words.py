"""Split Spanish sentences into words for comparison.

The language pack writes out numbers, times, amounts and units. Accents count, as in Whisper's normaliser for languages
other than English, except where they distinguish only meanings.
"""

from ticktalk.converter.languages.spoken import spoken_words

# Words that sound the same with and without an accent, or have two spellings.
_SAME = {
    "él": "el", "mí": "mi", "tú": "tu", "sí": "si", "sé": "se", "té": "te", "dé": "de", "más": "mas", "aún": "aun",
    "sólo": "solo", "éste": "este", "ésta": "esta", "éstos": "estos", "éstas": "estas", "ése": "ese", "ésa": "esa",
    "ésos": "esos", "ésas": "esas", "aquél": "aquel", "aquélla": "aquella", "qué": "que", "cuál": "cual",
    "quién": "quien", "cómo": "como", "dónde": "donde", "cuándo": "cuando", "cuánto": "cuanto", "cuánta": "cuanta",
    "cuántos": "cuantos", "cuántas": "cuantas", "guión": "guion", "período": "periodo", "okey": "ok", "güifi": "wifi",
}  # fmt: skip


def words(sentence: str) -> list[str]:
    """Return the spoken words of a sentence, with numbers written out.

    For example, "Faltan 5 min." becomes faltan, cinco, minutos.
    """
    return spoken_words("es", sentence, _SAME)
