"""Which tests may be skipped by `make test`, and why: all others have what they need there, and fail without it.

Run by hand (`pytest tests/boards`) any test is skipped whose tool or package is missing.
"""

import os

# By the end of a test's name, parameters left out.
ALLOWED = {
    "test_judging.py::test_real_ears": "needs the extra `evaluate`: torch and its libraries take 5 GB more",
}


def strict() -> bool:
    """Whether a skip has to be listed here: TICKTALK_ALL_TESTS, which `make test` sets."""
    return os.environ.get("TICKTALK_ALL_TESTS", "") not in ("", "0")


def fail_unlisted(report) -> None:
    """Make a failure of a report (of a test, or of a file's collection) that skips what may not be skipped."""
    name = report.nodeid.partition("[")[0]
    if not (strict() and report.skipped) or hasattr(report, "wasxfail") or name.endswith(tuple(ALLOWED)):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = (
        f"{reason.removeprefix('Skipped: ')}\n"
        "`make test` skips nothing that tests/skips.py does not list: install what is missing; where the project needs "
        "it always, name it in scripts/debian-packages.txt or pyproject.toml"
    )
