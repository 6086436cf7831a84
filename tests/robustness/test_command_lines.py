"""Run random command lines for all commands. docs/measurements/robustness.md has the results of a long run."""

import random
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, assume, given, seed, settings

from tests.robustness import command_lines
from tests.support.paths import ROOT

# Commands that finish quickly even if all tools are installed.
QUICK = ("boards", "voices", "ports", "keys", "teachers", "simulate", "export", "align")
TRIED = set()


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(command_lines.lines())
def test_no_command_line_ends_in_anything_but_its_result_or_one_line(line):
    assume(tuple(line) not in TRIED)  # `evaluate --text` takes seconds and is drawn often
    TRIED.add(tuple(line))
    why = command_lines.fault(line)
    assert why is None, f"{line}: {why}"


@pytest.mark.long  # a property of the draws, which matters for the many command lines that `make long` runs
def test_the_draws_reach_every_command_and_option():
    reached, options = set(), set()
    declared = {
        (name, parameter.opts[0])
        for name, command in command_lines.COMMANDS.items()
        for parameter in command.params
        if parameter.param_type_name == "option"
    }

    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(command_lines.lines())
    def each(line):
        reached.add(line[0])
        options.update((line[0], word.partition("=")[0]) for word in line[1:] if word.startswith("--"))

    for number in range(20):  # at most 6000 draws
        seed(number)(each)()
        if set(command_lines.COMMANDS) <= reached and declared <= options:
            return
    raise AssertionError((set(command_lines.COMMANDS) - reached, declared - options))


def test_a_sample_in_processes_of_their_own(tmp_path):
    draw, tried = random.Random(5), 0
    found = []

    @settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
    @given(command_lines.lines())
    def each(line):
        found.append(line)

    each()
    for line in draw.sample([line for line in found if line[0] in QUICK], 6):
        with command_lines.place() as here:
            done = subprocess.run(
                [sys.executable, "-m", "ticktalk", *line],
                cwd=here / "work",
                env={"HOME": str(here), "TMPDIR": str(here / "tmp"), "PATH": str(here), "PYTHONPATH": str(ROOT)},
                capture_output=True,
                stdin=subprocess.DEVNULL,
                timeout=120,
            )
            assert done.returncode in command_lines.ALLOWED, (line, done)
            assert b"Traceback" not in done.stderr + done.stdout, (line, done)
            assert {path.name for path in (here / "tmp").iterdir()} <= command_lines.THEIRS, line
            tried += 1
    assert tried == 6
