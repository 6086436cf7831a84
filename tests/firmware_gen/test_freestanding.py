"""Test memory.c and string.h, which replace the C library in firmware, with compiler options of users' builds."""

import re
import subprocess

import pytest

from tests.support.paths import ROOT, TINY
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.runtime_sim.voice import load_voice

GCC = "arm-none-eabi-gcc"
TEMPLATES = ROOT / "firmware_gen" / "templates" / "freestanding"
FUNCTIONS = {"memcpy", "memmove", "memset", "memcmp"}
# The program needs only a start function and a stack. The compiler adds calls of memset and memcpy.
PROGRAM = """
#include <stdint.h>
struct block { uint32_t words[40]; };
extern struct block from, to;
struct block from, to;
void start(void) { struct block empty = {{0}}; to = from; from = empty; for (;;); }
"""


def _run(*command: object) -> str:
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("level", ["-O1", "-O2", "-O3", "-Os"])
@pytest.mark.parametrize("lto", [[], ["-flto"]])
def test_a_program_links_without_a_c_library(level, lto, tmp_path):
    (tmp_path / "main.c").write_text(PROGRAM)
    target = ["-mcpu=cortex-m33", "-mthumb", "-std=c11", "-ffreestanding", level, *lto]
    out = tmp_path / "main.elf"
    _run(
        GCC, *target, f"-I{TEMPLATES}", "-nostdlib", "-Wl,-estart,--fatal-warnings", tmp_path / "main.c",
        TEMPLATES / "memory.c", "-lgcc", "-o", out,
    )  # fmt: skip
    code = _run("arm-none-eabi-objdump", "-d", out)
    body = re.search(r"<memcpy>:\n(.*?)\n\n", code + "\n\n", re.DOTALL)
    assert body and "<start>:" in code
    assert not re.search(r"\tb[lx.]*\w*\t.*<mem(cpy|set|move)>", body[1]), body[1]  # it would call itself for ever


def test_a_plain_library_carries_them(tmp_path):
    folder = export_library(
        load_voice(TINY), "cortex-m33", tmp_path / "speech", LibraryOptions(name="one", text="none")
    )
    for file in ("memory.c", "string.h"):
        assert (folder / "freestanding" / file).read_text() == (TEMPLATES / file).read_text()
    target = ["-mcpu=cortex-m33", "-mthumb", "-std=c11", "-O2", "-ffreestanding", "-mfloat-abi=hard"]
    target += ["-mfpu=fpv5-sp-d16", "-mgeneral-regs-only"]
    sources = [*sorted((folder / "src").glob("*.c")), folder / "freestanding" / "memory.c"]
    out = tmp_path / "all.o"
    _run(GCC, *target, f"-I{folder}/src", f"-I{folder}/freestanding", "-r", "-nostdlib", *sources, "-o", out)
    missing = set(re.findall(r" U (\w+)", _run("arm-none-eabi-nm", out)))
    assert missing <= {name for name in missing if name.startswith("__aeabi_")}, missing
    code = _run("arm-none-eabi-objdump", "-d", out)
    assert not re.search(r"\tv[a-z]+", code), "an instruction needs the FPU"
