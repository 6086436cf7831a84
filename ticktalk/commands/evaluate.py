"""`ticktalk evaluate`: how well a voice is understood and how natural it sounds."""

from pathlib import Path
from typing import Annotated

import typer

from ticktalk import show
from ticktalk.options import Json, Voice

Sentences = Annotated[Path | None, typer.Option("--sentences", help="One sentence a line; by default the held-out ones.")]


def evaluate(voice: Voice = None, sentences: Sentences = None, json: Json = False) -> None:
    """Score a voice: word error rate, DistillMOS, DNSMOS, speed of the simulator."""
    from converter.evaluate import evaluate as judge
    from runtime_sim.voice import load_voice
    from ticktalk.voices import voice_folder

    loaded = load_voice(voice_folder(voice))
    with show.bar("speaking, then listening") as progress:
        result = judge(loaded, sentences, lambda what, done, total: progress(done, total))
    if json:
        show.as_json(result)
        return
    for mistake in result["mistakes"]:
        show.note(f"said   {mistake['sentence']}\nheard  {mistake['heard']}")
    show.facts({"WER": f"{result['wer']:.2f} %", "DistillMOS": f"{result['distillmos']:.2f}", "DNSMOS P.808": f"{result['dnsmos']:.2f}",
                "sentences": result["sentences"], "seconds of speech": f"{result['seconds']:.1f}",
                "real-time factor": f"{result['real_time_factor']:.3f} (seconds of computing a second of speech)"})
