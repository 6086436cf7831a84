"""Compare Python and the C on many corrupted texts: python -m tests.firmware_gen.text.fuzz TEXTS [FIRST_SEED] [PACK].

The texts are those of the pack's tables, corrupted at random, in rounds of ROUND texts with consecutive seeds. The C
runs with the address and undefined-behaviour sanitizers. The first difference is printed as Python bytes, and the exit
code is 1. Otherwise every round prints the seeds and the number of texts so far.
"""

import sys
import tempfile
from pathlib import Path

from tests.firmware_gen.text.same import broken, compiled, spoken, tables
from ticktalk.runtime_sim.text.bundled import frontend

ROUND = 2000


def main(count: int, seed: int = 1, pack: str = "en-us") -> int:
    """Compare at least `count` texts and return the exit code."""
    front, first, done = frontend(pack), seed, 0
    with tempfile.TemporaryDirectory() as folder:
        program = compiled(front, Path(folder))
        while done < count:
            texts = list(broken(tables(), ROUND, seed))
            for text, python, c in zip(texts, front.read(texts), spoken(program, texts), strict=True):
                if python != c:
                    print(f"seed {seed}: {text!r}\nPython {python}\nC      {c}")
                    return 1
            done += ROUND
            print(f"seeds {first} to {seed}: {done} texts, no difference", flush=True)
            seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3]), *sys.argv[3:4]))
