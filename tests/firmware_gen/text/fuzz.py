"""Compare Python and the C code on many corrupted texts: python -m tests.firmware_gen.text.fuzz TEXTS [FIRST_SEED].

The texts are those of the packs' tables, corrupted at random, in rounds of ROUND texts with consecutive seeds. Nine
texts in ten are cut to a few words, because short texts are read quickly. The packs are used in turn. The C code runs
with the address and undefined-behaviour sanitizers. The first difference is printed as Python bytes, and the exit code
is 1. Otherwise every round prints the number of texts so far.
"""

import random
import sys
import tempfile
from pathlib import Path

from tests.firmware_gen.text.same import broken, compiled, spoken, tables
from ticktalk.runtime_sim.text.bundled import frontend, pack_names

ROUND = 4000
MOST, WHOLE = 36, 10  # maximum length of a cut text in bytes; one text in WHOLE is not cut


def corrupted(texts, seed: int):
    """Return ROUND corrupted texts, most of which are short."""
    chance = random.Random(seed)
    found = []
    for k, text in enumerate(broken(texts, ROUND, seed)):
        if k % WHOLE:
            at = chance.randrange(max(1, len(text) - MOST // 2))
            text = text[at : at + chance.randrange(1, MOST)]
        found.append(text)
    return found


def main(count: int, seed: int = 1) -> int:
    """Compare at least `count` texts and return the exit code."""
    first, done, texts = seed, 0, tables()
    with tempfile.TemporaryDirectory() as folder:
        programs = []
        for name in pack_names():
            (Path(folder) / name).mkdir()
            programs.append((frontend(name), compiled(frontend(name), Path(folder) / name)))
        while done < count:
            front, program = programs[seed % len(programs)]
            some = corrupted(texts, seed)
            for text, python, c in zip(some, front.read(some), spoken(program, some), strict=True):
                if python != c:
                    print(f"{front.pack.manifest['name']}, seed {seed}: {text!r}\nPython {python}\nC      {c}")
                    return 1
            done += len(some)
            print(f"seeds {first} to {seed}: {done} texts, no difference", flush=True)
            seed += 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:3])))
