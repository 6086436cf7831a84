"""Samples in, scores out: a front end and a model with state, exported separately, in one program."""

import subprocess

import numpy as np
import pytest

from tests.support.compiled import HOST, STRICT
from tests.support.tflite_builder import ModelBuilder
from ticktalk.firmware_gen.library import model_library
from ticktalk.runtime_sim import oracles
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

STEP, SIZE, BINS, KEPT, STEPS = 80, 200, 129, 5, 30
MAIN = """#include "front.h"
#include "word.h"
#include <stdio.h>
#include <string.h>
static struct front front;
static struct word word;
int main(void)
{
    front_reset(&front);
    word_reset(&word);
    while (fread(front_input_0(&front), FRONT_INPUT_0_BYTES, 1, stdin) == 1) {
        front_invoke(&front);
        memcpy(word_input_0(&word), front_output_0(&front), WORD_INPUT_0_BYTES);
        fwrite(word_input_0(&word), WORD_INPUT_0_BYTES, 1, stdout);
        word_invoke(&word);
        fwrite(word_output_0(&word), WORD_OUTPUT_0_BYTES, 1, stdout);
    }
    return 0;
}
"""


def front_end() -> bytes:
    """Return a model that computes the logarithmic energies of overlapping, windowed frames."""
    model = ModelBuilder()
    window = model.integers((4095 * np.hanning(SIZE)).astype(np.int16), "int16")
    source, valid = model.tensor((STEP,), "int16"), model.tensor((), "bool")
    frames, frame, windowed = (model.tensor(shape, "int16") for shape in ((1, SIZE), (SIZE,), (SIZE,)))
    spectrum, energy, logs = (
        model.tensor((258,), "int16"),
        model.tensor((BINS,), "uint32"),
        model.tensor((BINS,), "int16"),
    )
    wide, small = (model.tensor((BINS,), "int32") for _ in range(2))
    features = model.tensor((BINS,), "int8")
    model.operator("SIGNAL_FRAMER", [source], [frames, valid], frame_size=SIZE, frame_step=STEP, prefill=True)
    model.operator("RESHAPE", [frames, model.integers([SIZE])], [frame], "ReshapeOptions")
    model.operator("SIGNAL_WINDOW", [frame, window], [windowed], shift=12)
    model.operator("SIGNAL_RFFT", [windowed], [spectrum], T=7, fft_length=256)
    model.operator("SIGNAL_ENERGY", [spectrum], [energy], start_index=0, end_index=BINS)
    model.operator("SIGNAL_FILTER_BANK_LOG", [energy], [logs], input_correction_bits=0, output_scale=100)
    model.operator("CAST", [logs], [wide])
    model.operator("DIV", [wide, model.integers([8])], [small], "DivOptions")
    model.operator("CAST", [small], [features])
    return model.build([source], [features])


def wake_word() -> bytes:
    """Return a model that scores the last rows of features."""
    model, rng = ModelBuilder(), np.random.default_rng(1)
    source, kept = model.tensor((1, 1, 1, BINS), "int8", 0.05, 0), model.state((1, KEPT, 1, BINS), "int8", 0.05, 0)
    weights = rng.integers(-127, 128, (2, KEPT * BINS))
    flat, score = model.tensor((1, KEPT * BINS), "int8", 0.05, 0), model.tensor((1, 2), "int8", 1 / 256, -128)
    sums = model.tensor((1, 2), "int8", 0.1, 0)
    model.operator("CIRCULAR_BUFFER", [source], [kept], cycles_max=1)
    model.operator("RESHAPE", [kept, model.integers([1, KEPT * BINS])], [flat], "ReshapeOptions")
    constants = model.tensor(weights.shape, "int8", 0.002, data=weights)
    model.operator("FULLY_CONNECTED", [flat, constants, -1], [sums], "FullyConnectedOptions")
    model.operator("LOGISTIC", [sums], [score])
    return model.build([source], [score])


def test_a_front_end_and_a_model_in_one_program(tmp_path):
    pytest.importorskip("tflite_micro")
    rng = np.random.default_rng(0)
    models = {"front": front_end(), "word": wake_word()}
    graphs = {name: load_graph(data, name) for name, data in models.items()}
    samples = (rng.normal(0, 3000, (STEPS, STEP)) * np.linspace(0, 3, STEPS)[:, None]).astype(np.int16)
    streams = []
    for each in ({n: Simulator(g) for n, g in graphs.items()}, {n: oracles.tflm(d) for n, d in models.items()}):
        found = []
        for block in samples:
            features = each["front"].step([block])[graphs["front"].outputs[0]]
            scores = each["word"].step([features.reshape(1, 1, 1, BINS)])[graphs["word"].outputs[0]]
            found += [features, scores]
        streams.append(b"".join(value.tobytes() for value in found))
    assert len(set(streams[0])) > 30 and streams[0] == streams[1]

    for name, data in models.items():
        for file, text in model_library(graphs[name], data, "portable", name).files.items():
            (tmp_path / file).write_text(text)
    (tmp_path / "main.c").write_text(MAIN)
    program, sources = tmp_path / "program", sorted(tmp_path.glob("*.c"))
    subprocess.run([*HOST["gcc"], *STRICT, *sources, "-o", program], check=True)
    found = subprocess.run([program], input=samples.tobytes(), capture_output=True, check=True)
    assert found.stdout == streams[0]
