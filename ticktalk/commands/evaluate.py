"""`ticktalk evaluate`: how well a voice is understood, how natural it sounds, how near its teacher it is."""

from ticktalk.commands.support.judging import Html, Sentences, judge_aloud
from ticktalk.commands.support.options import Json, Voice

EXAMPLE = "ticktalk evaluate --voice heart --html scores.html"


def evaluate(voice: Voice = None, sentences: Sentences = None, html: Html = None, json: Json = False) -> None:
    """Score a voice: WER, CER, DistillMOS, DNSMOS, and its distance from its teacher, with 95 % intervals."""
    judge_aloud(voice, [], sentences, html, json, yes=False)
