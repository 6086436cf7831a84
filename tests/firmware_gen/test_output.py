"""The C code that converts a voice's samples to the rate and channels of a codec gives the same results as the
simulator."""

import subprocess

import numpy as np
import pytest

from tests.support.compiled import HOST, compile_and_link
from tests.support.paths import TINY
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.output_rate import OutputRate
from ticktalk.runtime_sim.speech import Speaker
from ticktalk.runtime_sim.voice import load_voice

IDS = [1 + i % 19 for i in range(9)]
MAIN = """
#include "one_output.h"
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static const size_t sizes[] = {1, 7, 0, 33, 200, 501, 2};
    static const uint8_t ids[] = {IDS};
    static struct one v;
    static struct one_output o;

    one_init(&v);
    for (uint32_t seed = 1; seed < 3; seed++) { /* the second utterance begins while the first one is spoken */
        one_begin(&v, ids, sizeof ids, seed);
        one_output_begin(&o, &v);
        for (size_t k = 0; !one_output_drained(&o) && (seed == 2 || k < 9); k++) {
            const size_t count = sizes[k % 7];
            int16_t *pcm = malloc(count * ONE_OUTPUT_CHANNELS * sizeof *pcm + 1); /* a sanitizer detects one more */
            const size_t frames = one_output_read(&o, pcm, count);

            if (frames > count)
                return 1;
            if (seed == 2)
                fwrite(pcm, sizeof *pcm * ONE_OUTPUT_CHANNELS, frames, stdout);
            free(pcm);
        }
    }
    return one_output_read(&o, NULL, 5) != 0;
}
""".replace("{IDS}", "{" + ", ".join(map(str, IDS)) + "}")


@pytest.fixture(scope="module")
def voice():
    return load_voice(TINY)


@pytest.mark.parametrize(
    ("rate", "stereo"), [(8000, False), (22050, True), pytest.param(24000, False, marks=pytest.mark.long), (None, True)]
)
def test_the_c_gives_the_samples_of_the_simulator(rate, stereo, voice, tmp_path):
    folder = export_library(
        voice, "host", tmp_path / "speech", LibraryOptions(name="one", text="none", output_rate=rate, stereo=stereo)
    )
    (tmp_path / "main.c").write_text(MAIN)
    sources = [tmp_path / "main.c", *sorted((folder / "src").glob("*.c"))]
    program = compile_and_link(tmp_path, sources, HOST["gcc"], [], trace=False, include=(folder / "src",))
    done = subprocess.run([program], capture_output=True)
    assert done.returncode == 0, done.stderr
    output = OutputRate(16000, rate or 16000)
    expected = np.concatenate([output.push(Speaker(voice).speak(IDS, 2)), output.finish()])
    assert np.array_equal(np.frombuffer(done.stdout, "<i2"), np.repeat(expected, 2 if stereo else 1))


def test_only_a_library_that_converts_has_the_table(voice, tmp_path):
    plain = export_library(
        voice, "host", tmp_path / "plain", LibraryOptions(name="one", text="none", output_rate=16000)
    )
    assert not list((plain / "src").glob("*_output.*"))


def test_other_rates_are_refused(voice, tmp_path):
    with pytest.raises(BuildError, match="--output-rate 44100: choose 8000, 16000, 22050, 24000"):
        export_library(voice, "host", tmp_path / "x", LibraryOptions(output_rate=44100))
    with pytest.raises(BuildError, match="only for a voice, not for a model"):
        export_library(tmp_path / "model.tflite", "host", tmp_path / "x", LibraryOptions(stereo=True))
