"""Test the progress reports of a long run, and that it ends at the time limit."""

import os
import subprocess
import sys
import time

import pytest

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import ROOT
from ticktalk.converter.progress.run_clock import RunClock, spoken


def test_a_line_is_told_at_once_and_again_while_nothing_else_happens():
    told = []
    with RunClock(60.0, lambda line, share: told.append((line, share)), every=0.05) as clock:
        assert told[0][0] == "starting: 0 s so far, about 1:00 min left"
        clock.stage("training", "compiling")
        time.sleep(0.4)
    assert len(told) >= 5 and told[-1][0].startswith("training (compiling): ")
    assert all(0 <= share < 0.05 for _, share in told)
    count = len(told)
    time.sleep(0.15)
    assert len(told) == count  # no further lines after the end


def test_what_is_left_is_the_limits_or_what_the_pace_says():
    clock = RunClock(100.0, lambda line, share: None)
    clock.stage("synthesis", rest=50.0)
    assert clock.left() == pytest.approx(100, abs=1)
    clock._stage_began -= 30  # a tenth took 30 s, so 270 s remain, plus 50 s for the next stage
    clock.advance(1, 10)
    assert clock.left() == pytest.approx(320, abs=2)
    clock.advance(9, 10)
    assert clock.left() == pytest.approx(100, abs=1)
    without = RunClock(None, lambda line, share: None)
    without.stage("training", rest=5.0)
    without._stage_began -= 10
    without.advance(50, 100, "step 50 of 100")
    assert without.left() == pytest.approx(15, abs=1)


def test_until_the_pace_is_known_the_plan_counts():
    """What was completed before the stage started says nothing about its pace."""
    clock = RunClock(None, lambda line, share: None)
    clock.stage("float training", "compiling", rest=10.0, expected=300.0)
    clock._stage_began -= 60
    assert clock.left() == pytest.approx(250, abs=1)
    clock.stage("float training", "step 501 of 1000", rest=10.0, expected=300.0, completed=0.5)
    clock._stage_began -= 20
    clock.advance(600, 1000)
    assert clock.left() == pytest.approx(90, abs=1)  # 20 s for a tenth


def test_a_stage_that_cannot_keep_the_limit_says_so():
    told = []
    clock = RunClock(300.0, lambda line, share: told.append(line))
    clock.began -= 400
    clock.stage("float training", "compiling")
    assert told == [
        "float training (compiling): 6:40 min so far, 1:40 min over the time limit, which this stage cannot meet"
    ]
    clock.advance(1, 2)  # a pace is known
    clock.tell()
    assert told[-1].startswith("float training (1 of 2): 6:40 min so far, about ")


@pytest.mark.parametrize(("seconds", "words"), [(0, "0 s"), (59.7, "1:00 min"), (185, "3:05 min"), (5760, "1.6 h")])
def test_spans_of_time(seconds, words):
    assert spoken(seconds) == words


NOISY = """
import os, sys
from ticktalk.commands.support import show
from ticktalk.system import verbosity
with verbosity.chosen(False, bool({verbose})):
    os.write(2, b"I0000 00:00:1 port.cc:153] oneDNN custom operations are on\\n")
    import subprocess; subprocess.run(["sh", "-c", "echo from a child >&2"])
    show.note("float: epoch 1")
print("afterwards", file=sys.stderr)
"""


@pytest.mark.parametrize("verbose", [False, True])
def test_native_libraries_are_heard_only_when_asked_for(verbose):
    done = subprocess.run(
        [sys.executable, "-c", NOISY.format(verbose=int(verbose))], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0 and done.stderr.endswith("float: epoch 1\nafterwards\n")
    assert ("oneDNN" in done.stderr and "from a child" in done.stderr) == verbose


def test_without_standard_error_there_is_nothing_to_keep_clean():
    code = (
        NOISY.format(verbose=0)
        .replace("    show.note", "    print")
        .replace('print("afterwards", file=sys.stderr)', "")
        .replace("os.write(2", "0 and os.write(2")
        .replace(chr(39), chr(34))
    )
    done = subprocess.run(
        f"exec 2>&-; exec {sys.executable} -c '{code}'",
        shell=True, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ,
    )  # fmt: skip
    assert done.returncode == 0 and "float: epoch 1" in done.stdout


def test_time_is_told_before_keras_is_even_there(tmp_path):
    """The clock starts immediately. The teacher is refused long after the first line."""
    refused = ticktalk("distill", "--teacher", "folder", "-o", tmp_path / "v", "--minutes", 5, cache=tmp_path)
    assert refused.stderr.startswith("starting: 0 s so far, about 5:00 min left\n")
    assert refused.returncode == 11 and "absl" not in refused.stderr


def test_minutes_below_zero_are_refused_before_anything_starts(tmp_path):
    refused = ticktalk(
        "distill", "--teacher", "hibari", "-o", tmp_path / "v", "--minutes", 5, "--steps", 200, cache=tmp_path
    )
    assert_refused(refused, 11, "--minutes and --steps: use only one of them")
