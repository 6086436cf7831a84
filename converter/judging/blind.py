"""A listening test as an HTML page: two recordings of each sentence, in random order and without names, rated by
keyboard.

The results are downloaded as JSON. All recordings have the same loudness, because listeners prefer louder recordings.
"""

import base64
import io
import json
import random
import wave
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ticktalk.converter.judging.speakers import JudgedSpeaker, JudgedSpeech
from ticktalk.converter.pages import template
from ticktalk.system.files import write_text

LEVEL = -26.0  # dB relative to full scale: the root mean square of every recording, as in ITU-T P.56
PEAK = 0.99  # the level is reduced for recordings that would clip


def write_blind_page(
    speakers: Sequence[JudgedSpeaker],
    sentences: Sequence[str],
    path: Path,
    seed: int = 1,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> None:
    """Write a page that compares the first speaker with each of the others, once per sentence.

    `seed` determines the order of the trials, and which recording is played first. `report(done, total)` is called
    after every trial.
    """
    from jinja2 import StrictUndefined
    from markupsafe import Markup

    dice = random.Random(seed)
    first = speakers[0]
    pairs = [(sentence, other) for other in speakers[1:] for sentence in sentences]
    dice.shuffle(pairs)
    trials = []
    for number, (sentence, other) in enumerate(pairs, 1):
        both = [{"system": each.name, "audio": recording(each.say(sentence))} for each in (first, other)]
        dice.shuffle(both)
        trials.append({"sentence": sentence, "recordings": both})
        report(number, len(pairs))
    data = json.dumps({"systems": [each.name for each in speakers], "seed": seed, "trials": trials})
    page = template("judging", "blind.html.j2", undefined=StrictUndefined)
    escaped = data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    write_text(path, page.render(count=len(trials), data=Markup(escaped)))


def recording(speech: JudgedSpeech) -> str:
    """Return the speech as a WAV file (16-bit mono) in base64, scaled to LEVEL."""
    audio = speech.audio.astype(np.float64)
    gain = 10 ** (LEVEL / 20) / max(float(np.sqrt(np.mean(audio**2))), 1e-9)
    gain = min(gain, PEAK / max(float(np.abs(audio).max()), 1e-9))
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(speech.rate)
        out.writeframes(np.rint(audio * gain * 32767).astype("<i2").tobytes())
    return base64.b64encode(file.getvalue()).decode()
