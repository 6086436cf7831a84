"""The tests that `make test` may skip, and why. Every other test must fail if a tool or package is missing.

If you run pytest yourself (`pytest tests/boards`), a test whose tool or package is missing is skipped.
"""

import os

import pytest

KOKORO = "needs the extra `kokoro`, a model of 92 MB"
# Each key is the end of a test's ID, without parameters.
ALLOWED = {
    "test_judging.py::test_real_ears": "needs the extra `evaluate`, which requires another 5 GB for torch and its "
    "libraries",
    "test_similarity.py::test_resemblyzer_tells_speakers_apart": "needs the extra `evaluate`, too",
    "test_bench_cmsis_nn.py::test_calls_to_the_real_library_equal_the_simulator": "needs a CMSIS-NN tree "
    "with a library for each core, in TICKTALK_CMSIS_NN",
    "test_kokoro.py::test_the_voices_of_supported_languages_are_listed": KOKORO,
    "test_kokoro.py::test_other_languages_use_espeak_ng": KOKORO,
    "test_kokoro.py::test_kokoro_returns_durations_and_pitch": KOKORO,
}


def strict() -> bool:
    """Return whether TICKTALK_ALL_TESTS is set, as it is by `make test`.

    If the variable is set, only the skips listed above are allowed.
    """
    return os.environ.get("TICKTALK_ALL_TESTS", "") not in ("", "0")


def fail_unlisted(report) -> None:
    """Turn the report of an unlisted skip into a failure, for a test or for the collection of a file."""
    name = report.nodeid.partition("[")[0]
    if not (strict() and report.skipped) or hasattr(report, "wasxfail") or name.endswith(tuple(ALLOWED)):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    report.outcome = "failed"
    report.longrepr = (
        f"{reason.removeprefix('Skipped: ')}\n"
        "`make test` allows only the skips listed in tests/skips.py: install the missing item; if the project always "
        "needs it, add it to scripts/debian-packages.txt or pyproject.toml"
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    """Fail a test that is skipped because a tool is missing, if all tools are required."""
    report = yield
    fail_unlisted(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    """Do the same for modules that are skipped as a whole."""
    report = yield
    fail_unlisted(report)
    return report
