"""`ticktalk simulate`: what a watch would say, computed here."""

import time

from ticktalk import show
from ticktalk.options import Json, Out, Text, Voice


def simulate(text: Text, out: Out, voice: Voice = None, json: Json = False) -> None:
    """Say a text in the simulator, sample by sample as a watch says it."""
    import numpy as np

    from runtime_sim.speech import Speaker, utterances
    from runtime_sim.voice import load_voice
    from ticktalk.text import checked
    from ticktalk.voices import voice_folder
    from ticktalk.wav import write_wav

    loaded = load_voice(voice_folder(voice))
    parts = checked(utterances(loaded, text), text)
    rate = loaded.manifest["sample_rate"]
    speaker, pcm, started = Speaker(loaded), [], time.perf_counter()
    with show.bar("speaking") as progress:
        for number, (ids, seed) in enumerate(parts, 1):
            pcm.append(speaker.speak(ids, seed))
            progress(number, len(parts))
    work = time.perf_counter() - started
    samples = np.concatenate(pcm)
    write_wav(out, samples, rate)
    seconds = len(samples) / rate
    if json:
        show.as_json({"out": str(out), "samples": len(samples), "sample_rate": rate, "seconds": seconds, "utterances": len(parts),
                      "compute_seconds": work, "times_real_time": seconds / work})
    else:
        print(f"{out}: {seconds:.1f} s of speech, {seconds / work:.1f} times real time")
