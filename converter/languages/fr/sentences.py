"""French: the default training text, and a check that sentences look like French.

General sentences are the prompts in general.txt (licence: LICENSE.txt). Watch phrases are generated.
"""

from pathlib import Path

from ticktalk.converter.languages.fr.phrases import watch_phrase
from ticktalk.converter.languages.likeness import Likeness
from ticktalk.converter.languages.prompts import Prompts

GENERAL = Path(__file__).parent / "general.txt"

unlike = Likeness(
    "French",
    letters="àâæçéèêëîïôœùûüÿº",
    # Common French words, except those that also occur in neighbouring languages, such as "de", "la" and "le".
    words="""après aujourd'hui aussi aux avec avez avoir beaucoup bien c'est ça cette chez comme dans deux dont du elle
    elles encore est est-ce être et était fait faire faut ils j'ai je jour les leur leurs mais merci même mes moi
    nos notre nous on ont où pas peu peut plus pour pouvez quand que qui quoi sans ses son sont sous suis sur tous
    toujours tout toute très trop une vos votre voulez vous""",
    least_common=0.06,
    enough_words=100,
)

_TEXT = Prompts(GENERAL, watch_phrase)
general_sentences, default_sentences = _TEXT.general_sentences, _TEXT.default_sentences
