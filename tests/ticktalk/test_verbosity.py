"""Test the output of commands: --quiet and --verbose, examples in --help, and tables on a terminal."""

import os
import pty
import shlex
import subprocess
import sys

import pytest
import typer

from tests.support.front import assert_refused, ticktalk
from tests.support.paths import ROOT, TINY
from ticktalk.cli import COMMANDS, app, module_of
from ticktalk.commands.support import show

EXPORT = ("export", "--board", "qemu-m4", "--voice", TINY, "-o")


def on_a_terminal(*arguments: str, columns: int = 80) -> list[str]:
    """Return the lines that `ticktalk arguments...` writes to a terminal of this width."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ticktalk", *arguments],
        env=os.environ | {"COLUMNS": str(columns), "PYTHONPATH": str(ROOT)},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # this is how Linux signals that a terminal has been closed
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert process.wait(60) == 0
    return written.decode().splitlines()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_shows_an_example_that_parses(name):
    example = module_of(name).EXAMPLE
    program, command, *arguments = shlex.split(example)
    assert (program, command) == ("ticktalk", name)
    front = typer.main.get_command(app)
    command = front.get_command(typer.Context(front), name)
    command.make_context(name, arguments)
    page = command.get_help(typer.Context(command))
    assert f"Example: {example}".replace(" ", "") in "".join(page.split()) and "--quiet" in page and "--verbose" in page


def test_quiet_tells_results_and_errors_alone(tmp_path):
    told = ticktalk(*EXPORT, tmp_path / "told", cache=tmp_path)
    quiet = ticktalk(*EXPORT, tmp_path / "quiet", "--quiet", cache=tmp_path)
    assert told.returncode == quiet.returncode == 0
    steps = [line for line in told.stderr.splitlines() if line not in quiet.stderr.splitlines()]
    assert steps == [f"writing a C project for qemu-m4 to {tmp_path / 'told'}"]
    assert len(quiet.stderr.splitlines()) == 1 and "commercially" in quiet.stderr  # the licence warning
    assert quiet.stdout.startswith(str(tmp_path / "quiet"))
    assert_refused(ticktalk(*EXPORT, tmp_path / "quiet" / "README.md", "-q", cache=tmp_path), 6, "README.md")


def test_quiet_keeps_warnings(tmp_path):
    done = ticktalk("simulate", "Hello 田中.", "-q", "--voice", TINY, "-o", tmp_path / "o.wav", cache=tmp_path)
    assert done.returncode == 0 and "left out" in done.stderr


def test_quiet_and_verbose_exclude_each_other(tmp_path):
    done = ticktalk("voices", "-q", "--verbose", cache=tmp_path)
    assert done.returncode == 2 and "--quiet cannot be combined with --verbose" in done.stderr


def test_verbose_tells_which_programs_run(tmp_path):
    arguments = ("flash", "--board", "qemu-m4", "--voice", TINY, "--dry-run")
    told, verbose = (ticktalk(*arguments, *more, cache=tmp_path) for more in ((), ("--verbose",)))
    assert told.returncode == verbose.returncode == 0
    assert "+ cmake" in verbose.stderr and "+ cmake" not in told.stderr


@pytest.mark.parametrize("command", ["boards", "voices", "language"])
def test_tables_fit_a_narrow_terminal(command):
    lines = on_a_terminal(command)
    assert len(lines) > 4 and max(map(len, lines)) <= 80
    assert not any("\x1b" in line for line in lines)


def test_a_table_is_wrapped_as_long_as_its_words_fit(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "80")
    show.table([["eight or"] * 8, ["an eighth"] * 8])  # 8 words of 6 characters and their gaps take 62
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80
    show.table([["seventeen-letters"] * 5, ["short"] * 5])  # no word is cut
    assert capsys.readouterr().out.count("seventeen-letters") == 5


def test_a_table_that_a_program_reads_has_one_line_a_row(tmp_path):
    from ticktalk.boards.board import all_boards

    lines = ticktalk("boards", cache=tmp_path).stdout.partition("\n\n")[0].splitlines()
    assert len(lines) == 1 + len(all_boards())


def test_one_board_is_told_of_whole():
    lines = on_a_terminal("boards", "zswatch")
    assert max(map(len, lines)) <= 80 and any(line.startswith("boot loader  ") for line in lines)
