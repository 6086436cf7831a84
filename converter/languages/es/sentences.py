"""Spanish: the default training text, and a check that sentences look like Spanish.

General sentences are the prompts in general.txt (licence: LICENSE.txt). Watch phrases are generated.
"""

from pathlib import Path

from ticktalk.converter.languages.es.phrases import watch_phrase
from ticktalk.converter.languages.likeness import Likeness
from ticktalk.converter.languages.prompts import Prompts

GENERAL = Path(__file__).parent / "general.txt"

unlike = Likeness(
    "Spanish",
    letters="áéíóúüñºª",
    # Common Spanish words, except those that also occur in neighbouring languages, such as "de", "la" and "el".
    words="""ahora algo además aquí así ayer bueno cuando cómo después ellos entonces esa ese eso esta este esto está
    están estoy fue gracias hace hacer han hasta hay hoy las los mañana mejor mucho mucha muchos muy más
    nosotros nuestra nuestro pero podemos puede puedes que qué siempre sin son sus sí también tenemos tengo
    tiempo tiene tienes todos tus usted voy y ya yo""",
    least_common=0.06,
    enough_words=100,
)

_TEXT = Prompts(GENERAL, watch_phrase)
general_sentences, default_sentences = _TEXT.general_sentences, _TEXT.default_sentences
