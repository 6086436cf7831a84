"""`ticktalk evaluate`: scores how intelligible and natural a voice is, and how close it is to its teacher."""

from ticktalk.commands.support.judging import Html, Sentences, judge_aloud
from ticktalk.commands.support.options import Json, Voice

EXAMPLE = "ticktalk evaluate --voice heart --html scores.html"


def evaluate(voice: Voice = None, sentences: Sentences = None, html: Html = None, json: Json = False) -> None:
    """Score a voice: WER, CER, DistillMOS, DNSMOS, and distance from its teacher, with 95 % intervals."""
    judge_aloud(voice, [], sentences, html, json, yes=False)
