"""On emulated cores without a C library, the C code also reads every text exactly as Python does."""

import os
import shutil
import subprocess

import numpy as np
import pytest

from tests.firmware_gen.text.same import broken, tables
from tests.support.compiled import CORES, HERE, compile_and_link
from ticktalk.firmware_gen.graph.arrays import initialiser
from ticktalk.firmware_gen.project.device import copied
from ticktalk.firmware_gen.text.export import text_files
from ticktalk.runtime_sim.text.bundled import frontend

TEXTS = int(os.environ.get("TICKTALK_EMULATED_TEXTS", 150))  # the documentation states the result for 2,000
MAIN = """
#include "harness.h"
#include "x_text.h"
#include "texts.h"

void run_cases(void)
{
    static struct x_text reader;
    const uint8_t *at = texts;
    for (int32_t k = 0; k < TEXTS; at += lengths[k++]) {
        enum x_text_found found;
        x_text_begin(&reader, (const char *)at, (size_t)lengths[k], NULL);
        while ((found = x_text_next(&reader)) != X_TEXT_END)
            if (found == X_TEXT_SENTENCE)
                tt_trace(k, 0, reader.sounds, reader.length);
    }
}
"""


# test_builds.py reads a text on a Cortex-M0+.
@pytest.mark.parametrize(
    "core", ["m55", *(pytest.param(name, marks=pytest.mark.long) for name in ("m0plus", "m4", "m33"))]
)
def test_an_emulated_core_reads_the_same(core, tmp_path):
    compiler, script, machine = CORES[core]
    for tool in (compiler[0], "qemu-system-arm"):
        if not shutil.which(tool):
            pytest.skip(f"needs {tool}")
    front = frontend("en-us")
    texts = list(broken(tables(), TEXTS, seed=11))
    whole = np.frombuffer(b"".join(texts), np.uint8).view(np.int8)
    lengths = np.array([len(text) for text in texts], np.int32)
    (tmp_path / "texts.h").write_text(
        f"#define TEXTS {len(texts)}\nstatic const int32_t lengths[] = {{\n{initialiser(lengths)}}};\n"
        f"static const int8_t signed_texts[] = {{\n{initialiser(whole)}}};\n"
        "static const uint8_t *const texts = (const uint8_t *)signed_texts;\n"
    )
    (tmp_path / "ticktalk.h").write_text(copied("ticktalk.h"))
    for name, contents in text_files(front, "x").items():
        (tmp_path / name).write_text(contents)
    (tmp_path / "main.c").write_text(MAIN)
    link = ["-nostartfiles", "--specs=picolibc.specs", f"-T{HERE / script}"]
    program = compile_and_link(tmp_path, [*sorted(tmp_path.glob("*.c")), HERE / "bare.c"], compiler, link)
    options = ["-display", "none", "-monitor", "none", "-serial", "none", "-kernel", str(program)]
    semihosting = ["-semihosting-config", "enable=on,target=native"]
    done = subprocess.run(
        ["qemu-system-arm", "-M", machine, *options, *semihosting],
        capture_output=True, timeout=600, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    heard, place = [[] for _ in texts], 0
    while place < len(done.stdout):
        number, _, size = np.frombuffer(done.stdout, "<i4", 3, place).tolist()
        phonemes = done.stdout[place + 12 : place + 12 + size]
        heard[number].append("".join(front.symbols[each - 1] for each in phonemes))
        place += 12 + size
    for text, said in zip(texts, heard):
        assert said == front(text), text
