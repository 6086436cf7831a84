"""The tests that `make test` may skip, and why. All others have what they need there, and fail without it.

If you run pytest by hand (`pytest tests/boards`), any test whose tool or package is missing is skipped.
"""

import os

# By the end of a test's name, without parameters.
ALLOWED = {
    "test_judging.py::test_real_ears": "needs the extra `evaluate`: torch and its libraries take 5 GB more",
}


def strict() -> bool:
    """Whether skips must be listed here, which TICKTALK_ALL_TESTS says. `make test` sets it."""
    return os.environ.get("TICKTALK_ALL_TESTS", "") not in ("", "0")


def fail_unlisted(report) -> None:
    """Turn the report of an unlisted skip, of a test or a file's collection, into a failure."""
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
