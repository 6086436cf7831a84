"""Count the C code's instructions per word on an emulated Cortex-M4: python -m tests.firmware_gen.text.instructions.

Reads 40 of WordNet's examples, drawn with a fixed seed, with each bundled pack. gcc compiles with -O2. Every
instruction advances QEMU's clock by the same amount, so the FPGAIO's counter gives exact figures.
"""

import random
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from tests.support.compiled import CORES, HERE, compile_and_link
from ticktalk.boards.board import load_board
from ticktalk.boards.virtual.qemu import ICOUNT
from ticktalk.converter.languages.en.sentences import general_sentences
from ticktalk.firmware_gen.project.device import copied
from ticktalk.firmware_gen.text.export import text_files
from ticktalk.runtime_sim.text.bundled import frontend, pack_names

EXAMPLES, SEED = 40, 1
TICKS, INSTRUCTIONS = (
    128,
    40,
)  # ticks of the 25 MHz counter, and the number of instructions in the same time (128 ns each)
MAIN = """
#include <string.h>
#include "harness.h"
#include "x_text.h"
#include "texts.h"

void run_cases(void)
{
    static struct x_text reader;
    volatile const uint32_t *counter = (volatile const uint32_t *)COUNTER;
    for (int32_t k = 0; k < TEXTS; k++) {
        uint32_t start = *counter;
        x_text_begin(&reader, texts[k], strlen(texts[k]), NULL);
        while (x_text_next(&reader) != X_TEXT_END)
            ;
        start = *counter - start;
        tt_trace(k, 0, &start, sizeof start);
    }
}
"""


def count(pack: str, texts: list[str]) -> list[int]:
    """Return the number of instructions for each text."""
    compiler, script, machine = CORES["m4"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = "".join(f'    "{text}",\n' for text in texts)
        counter = load_board("qemu-m4").counter.address
        (folder / "texts.h").write_text(
            f"#define TEXTS {len(texts)}\n#define COUNTER {counter:#x}u\n"
            f"static const char *const texts[] = {{\n{lines}}};\n"
        )
        (folder / "ticktalk.h").write_text(copied("ticktalk.h"))
        for file, contents in text_files(frontend(pack), "x").items():
            (folder / file).write_text(contents)
        (folder / "main.c").write_text(MAIN)
        link = ["-O2", "-nostartfiles", "--specs=picolibc.specs", f"-T{HERE / script}"]
        program = compile_and_link(folder, [*sorted(folder.glob("*.c")), HERE / "bare.c"], compiler, link)
        done = subprocess.run(
            ["qemu-system-arm", "-M", machine, *ICOUNT, "-display", "none", "-monitor", "none", "-serial", "none",
             "-kernel", str(program), "-semihosting-config", "enable=on,target=native"],
            capture_output=True, timeout=600, stdin=subprocess.DEVNULL, check=True,
        )  # fmt: skip
    ticks = np.frombuffer(done.stdout, "<u4").reshape(len(texts), 4)[:, 3]
    return [int(each) * INSTRUCTIONS // TICKS for each in ticks]


def main() -> int:
    """Print the figures of each pack."""
    texts = [text for text in general_sentences() if text.isascii() and '"' not in text and "\\" not in text]
    texts = random.Random(SEED).sample(texts, EXAMPLES)
    for pack in pack_names():
        counts = count(pack, texts)
        words = sum(len(text.split()) for text in texts)
        worst = max(each / len(text.split()) for each, text in zip(counts, texts))
        print(
            f"{pack}: {sum(counts) // words} instructions per word, at most {int(worst)} in a sentence; {words} words"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
