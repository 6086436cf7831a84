"""Spanish: the default training text, and a check that sentences look like Spanish.

General sentences are the prompts in general.txt (licence: LICENSE.txt). Watch phrases are generated.
"""

from pathlib import Path
from random import Random

from ticktalk.converter.languages.es.phrases import watch_phrase
from ticktalk.converter.languages.likeness import Likeness

TEXT_SOURCE = (
    "prompts of Piper Recording Studio and Microsoft's speech samples (MIT licence) and generated watch phrases"
)
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


def general_sentences() -> list[str]:
    """Return the prompts without digits."""
    return [line for line in _prompts() if not any(map(str.isdigit, line))]


def default_sentences(size: int, seed: int) -> list[str]:
    """Return at most `size` sentences, two thirds general and one third watch phrases, in random order, seeded with
    `seed`."""
    rng = Random(seed)
    lines = _prompts()
    rng.shuffle(lines)
    lines = lines[: size * 2 // 3]
    phrases: dict[str, None] = {}
    while len(phrases) < min(size - len(lines), len(lines) // 2 + 1):
        phrases[watch_phrase(rng)] = None
    lines += phrases
    rng.shuffle(lines)
    return lines


def _prompts() -> list[str]:
    return GENERAL.read_text(encoding="utf-8").splitlines()
