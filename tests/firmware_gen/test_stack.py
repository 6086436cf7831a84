"""A library on an emulated Cortex-M4 never uses more stack than `stack_proof` proves."""

import re
import subprocess

import numpy as np
import pytest

from tests.firmware_gen.stack_proof import OPTIONS, NoProof, compiled, library_stack, proven
from tests.support.compiled import HERE
from tests.support.paths import ROOT
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.voice import load_voice

TEXT = "[[rate 120]]Dr. Smith's 3rd run at 7:30 cost $4.50; xylqz! [[spell]]ab[[/spell]]"
MAIN = """
#include <string.h>
#include "voice.h"
#include "watch_kernels/harness.h"

enum { WORDS = 2048 };
static struct voice voice;
static int16_t pcm[VOICE_HOP];
static const char text[] = "%s";

void run_cases(void)
{
    static const struct voice_text_options options = {.markup = voice_text_markup};
    volatile uint32_t *sp;
    uint32_t used = 0;

    voice_init(&voice);
    voice_begin_text_with(&voice, text, sizeof text - 1, 1, &options);
    __asm__ volatile("mov %%0, sp" : "=r"(sp));
    for (int i = 1; i <= WORDS; i++)
        sp[-i] = 0xA5A5A5A5u;
    while (!voice_drained(&voice))
        voice_read(&voice, pcm, VOICE_HOP);
    for (uint32_t i = 1; i <= WORDS; i++)
        if (sp[-(int)i] != 0xA5A5A5A5u)
            used = 4 * i;
    tt_trace(0, 0, &used, sizeof used);
}
"""

RECURSIVE = """
int f(volatile int *n);
int g(volatile int *n);
__attribute__((noinline)) int g(volatile int *n) { return f(n) + *n; }
__attribute__((noinline)) int f(volatile int *n) { return *n ? g(n) * *n : 1; }
"""


def test_reading_a_text_uses_less_stack_than_is_proven(tmp_path):
    library = export_library(
        load_voice(ROOT / "voices" / "heart-nano"), "cortex-m4", tmp_path / "library", LibraryOptions(name="voice")
    )
    (tmp_path / "objects").mkdir()
    bound = library_stack(library, "voice", tmp_path / "objects")
    (tmp_path / "main.c").write_text(MAIN % TEXT)
    include = [f"-I{library / 'src'}", f"-I{ROOT / 'tests' / 'support'}"]
    sources = [tmp_path / "main.c", HERE / "bare.c", *sorted((tmp_path / "objects").glob("*.o"))]
    link = ["--specs=picolibc.specs", "-nostartfiles", f"-T{HERE / 'm4.ld'}", "-o", tmp_path / "program"]
    subprocess.run(["arm-none-eabi-gcc", *OPTIONS, *include, *sources, *link], check=True)
    qemu = ["qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none", "-serial", "none"]
    qemu += ["-semihosting-config", "enable=on,target=native", "-kernel", tmp_path / "program"]
    done = subprocess.run(qemu, capture_output=True, stdin=subprocess.DEVNULL, timeout=300, check=True)
    used = int(np.frombuffer(done.stdout, "<u4")[3])
    print(used, bound["voice_read"])
    assert bound["voice_read"] / 2 < used <= bound["voice_read"]
    # The how-to promises the same number.
    page = (ROOT / "docs" / "how-to" / "integrate-the-c.md").read_text()
    (promised,) = re.findall(r"`voice_read`\s+needs at most\s+\[([\d,]+) bytes", page)
    assert int(promised.replace(",", "")) == bound["voice_read"]


@pytest.mark.parametrize(
    "source, told",
    [
        (RECURSIVE, "recursion"),
        ("int f(int (*p)(void)); int f(int (*p)(void)) { return p() + 1; }", "pointer that POINTERS does not list"),
        ("int g(void); int f(void); int f(void) { return g() + 1; }", "f: calls g, which is not known"),
        ("void h(char *); void f(int n); void f(int n) { char a[n]; h(a); }", "the size of its frame is unknown"),
    ],
)
def test_what_cannot_be_bounded_is_no_proof(source, told, tmp_path):
    (tmp_path / "odd.c").write_text(source + "\n")
    compiled([tmp_path / "odd.c"], tmp_path, tmp_path)
    with pytest.raises(NoProof, match=told):
        proven(tmp_path, "voice")
