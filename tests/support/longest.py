"""Count the instructions of a library's longest calls on an emulated Cortex-M."""

import subprocess
from pathlib import Path

import numpy as np

from tests.support.compiled import CORES, HERE, compile_and_link
from tests.support.paths import SUPPORT
from ticktalk.boards.board import load_board
from ticktalk.boards.virtual.qemu import ICOUNT

# For each core: a board with the counter of the emulated machine, and the machine's ticks per instruction (128 ns).
_COUNTERS = {"m0plus": ("qemu-m4", 16 / 5), "m4": ("qemu-m4", 16 / 5), "m33": ("qemu-m33", 64 / 25)}
_COUNTERS |= {"m55": ("qemu-m55", 64 / 25)}


def longest_calls(library: Path, core: str, texts: list[str], folder: Path, timeout: int = 240) -> np.ndarray:
    """Read `texts` with the voice "one" in a library's folder.

    Return uint32 [texts, 4]: a sum over the samples, and the instructions of the longest calls that read text, that
    computed phonemes, and that computed frames.
    """
    compiler, script, machine = CORES[core]
    board, ticks = _COUNTERS[core]
    lines = "".join(f'    "{text}",\n' for text in texts)
    (folder / "texts.h").write_text(
        f"#define TEXTS {len(texts)}\n#define COUNTER {load_board(board).counter.address:#x}u\n"
        f"#define TICKS_Q8 {round(256 * ticks)}\nstatic const char *const texts[] = {{\n{lines}}};\n"
    )
    sources = [*sorted((library / "src").glob("*.c")), SUPPORT / "longest_call.c", HERE / "bare.c"]
    link = ["-O2", "-nostartfiles", "--specs=picolibc.specs", f"-T{HERE / script}"]
    program = compile_and_link(folder, sources, compiler, link, trace=False, include=(library / "src", SUPPORT))
    done = subprocess.run(
        ["qemu-system-arm", "-M", machine, *ICOUNT, "-display", "none", "-monitor", "none", "-serial", "none",
         "-kernel", str(program), "-semihosting-config", "enable=on,target=native"],
        capture_output=True, timeout=timeout, stdin=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return np.frombuffer(done.stdout, "<u4").reshape(len(texts), 10)[:, [3, 7, 8, 9]]


def sums(pcm: np.ndarray) -> int:
    """Return the sum over samples, int16 [n], that longest_call.c computes."""
    total = 0
    for value in pcm.astype(np.uint16).tolist():
        total = (total * 31 + value) & 0xFFFFFFFF
    return total
