"""Measure the front end's speed on one core: python -m ticktalk.runtime_sim.text.speed FILE [PACK].

FILE has at least 3 * SENTENCES lines, with one sentence per line. The figures are processor times, because other
programs affect wall-clock times."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ticktalk.system import signals

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SENTENCES, STARTS = 2000, 5
START = "from ticktalk.runtime_sim.text.bundled import frontend\nfrontend({pack!r})({text!r})"


def _cpu(work: Callable[[], object]) -> float:
    before = os.times()
    work()
    after = os.times()
    return sum(after[:4]) - sum(before[:4])


def main(file: str, pack: str = "en-us") -> int:
    """Print the figures."""
    os.environ.update(dict.fromkeys(THREADS, "1"))  # must precede the import of NumPy
    texts = Path(file).read_text().splitlines()
    if len(texts) < 3 * SENTENCES:
        print(f"error: {file}: {len(texts)} lines, but {3 * SENTENCES} are needed", file=sys.stderr)
        return 2
    for name, code in (
        ("Python", "pass"),
        ("Python with NumPy", "import numpy"),
        ("the front end for known words, without NumPy", START.format(pack=pack, text="It is time to call home.")),
        ("the front end for an unknown word", START.format(pack=pack, text="It is time, zyxo.")),
    ):
        command = [sys.executable, "-c", code]
        start = min(_cpu(lambda: subprocess.run(command, check=True)) for _ in range(STARTS))  # noqa: B023
        print(f"start of {name}: {1000 * start:.0f} ms")
    from ticktalk.runtime_sim.text.bundled import frontend

    front = frontend(pack)
    front(texts[0])
    one, two = texts[SENTENCES : 2 * SENTENCES], texts[2 * SENTENCES : 3 * SENTENCES]
    for name, work in (
        ("unseen, one call each", lambda: [front(text) for text in one]),
        ("unseen, together", lambda: front.read(two)),
        ("seen, together", lambda: front.read(two)),
    ):
        start_time = time.process_time()
        work()
        print(f"{name}: {SENTENCES / (time.process_time() - start_time):.0f} sentences per second")
    return 0


if __name__ == "__main__":
    sys.exit(signals.run(lambda: main(*sys.argv[1:])))
