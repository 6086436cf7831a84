"""Run the tests and report how long each test file and the slowest tests took. Called by `make durations`.

    python scripts/durations.py OUT [PYTEST ARGUMENTS ...]

The results are written to OUT. A test's duration includes its set-up and teardown. Durations are wall-clock time, so
their sum exceeds the total if tests run in parallel.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

from ticktalk.system import signals

SLOWEST = 40
ROOT = Path(__file__).parent.parent


def main(out: Path, arguments: list[str]) -> int:
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", f"--junitxml={report}", *arguments]
        status = subprocess.run(command, cwd=ROOT).returncode
        if not report.is_file():
            return status or 1
        cases = measured(report.read_bytes())
    text = table(cases, time.monotonic() - start)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text)
    print(text + f"\nwritten to {out}")
    return status


def measured(report: bytes) -> list[tuple[str, str, float]]:
    """Return (file, test, seconds) for every test in a JUnit report."""
    return [
        (case.get("classname", "").replace(".", "/") + ".py", case.get("name", ""), float(case.get("time", 0)))
        for case in ElementTree.fromstring(report).iter("testcase")
    ]


def table(cases: list[tuple[str, str, float]], seconds: float) -> str:
    """Return a table of the files and a table of the slowest tests, each sorted by duration in descending order."""
    files: Counter[str] = Counter()
    tests: Counter[str] = Counter()
    for file, _, took in cases:
        files[file] += took  # type: ignore[assignment]
        tests[file] += 1
    slowest = sorted(cases, key=lambda case: -case[2])[:SLOWEST]
    return "".join(
        [
            f"{len(cases)} tests in {seconds:.0f} s; sum of their durations: {files.total():.0f} s\n",
            "\n seconds  tests  file\n",
            *(f"{took:8.1f}  {tests[file]:5}  {file}\n" for file, took in files.most_common()),
            f"\n seconds  the {len(slowest)} slowest tests\n",
            *(f"{took:8.1f}  {file}::{name}\n" for file, name, took in slowest),
        ]
    )


if __name__ == "__main__":
    sys.exit(signals.run(lambda: main(Path(sys.argv[1]), sys.argv[2:])))
