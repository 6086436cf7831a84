"""Speech with known properties, scores with known errors, and refused commands, for the tests of judging."""

import numpy as np
from typer.testing import CliRunner

from ticktalk.converter.judging.measures import MEASURES, Score

RATE = 16000
BY_KEY = {measure.key: measure for measure in MEASURES}
SENTENCE = "It is seven thirty."


def noise(seconds=1.0, seed=1):
    """Return white noise with the loudness variations of speech."""
    at = np.arange(int(seconds * RATE)) / RATE
    return (np.random.default_rng(seed).normal(0, 0.1, len(at)) * (0.6 + 0.4 * np.sin(20 * at))).astype(np.float32)


def harmonic(f0, seconds=1.0, rate=RATE):
    at = np.arange(int(seconds * rate)) / rate
    return (0.1 * sum(np.sin(2 * np.pi * f0 * k * at) / k for k in range(1, 12))).astype(np.float32)


def scored(sentence, errors=0, words=10, distillmos=4.0, **more):
    return Score(sentence, f"{sentence} <heard> & so on", errors, words, errors, 5 * words, distillmos, 3.5, **more)


def refused(code, words, *arguments):
    """Run a command in this process, where everything is already imported, and check that it is refused."""
    from ticktalk.cli import app

    done = CliRunner().invoke(app, list(map(str, arguments)))
    assert done.exit_code == code and not done.stdout, done.output
    last = done.stderr.splitlines()[-1]
    assert last.startswith("error: ") and all(word in last for word in words), last
