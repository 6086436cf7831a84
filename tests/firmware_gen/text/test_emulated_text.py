"""The C code also reads every text as Python does when it runs on emulated cores, without a C library."""

import os
import shutil
import subprocess

import numpy as np
import pytest

from tests.firmware_gen.text.same import broken, tables
from tests.support.compiled import CORES, CROSS, HERE, compile_and_link
from ticktalk.firmware_gen.graph.arrays import initialiser
from ticktalk.firmware_gen.text.export import text_files
from ticktalk.runtime_sim.text.bundled import frontend

TEXTS = int(os.environ.get("TICKTALK_EMULATED_TEXTS", 150))  # the documentation gives the result for 2,000
ALL = CORES | {"m33": ([*CROSS, "-mcpu=cortex-m33"], "m33.ld", "mps2-an505")}
MAIN = """
#include "harness.h"
#include "text.h"
#include "texts.h"

static const uint8_t *at, *end;

static int next_byte(void *user)
{
    (void)user;
    return at == end ? -1 : *at++;
}

static void sentence(void *user, const uint8_t *phonemes, size_t count)
{
    tt_trace(*(int32_t *)user, 0, phonemes, (uint32_t)count);
}

void run_cases(void)
{
    static text reader;
    at = texts;
    for (int32_t k = 0; k < TEXTS; k++) {
        end = at + lengths[k];
        text_read(&reader, next_byte, sentence, &k);
    }
}
"""


@pytest.mark.parametrize("core", ALL)
def test_an_emulated_core_reads_the_same(core, tmp_path):
    compiler, script, machine = ALL[core]
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
    for name, contents in text_files(front).items():
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
