"""Run the examples of all pages: command lines, Python snippets and TOML.

Each block of commands (```sh) is run unless the line before it is `<!-- not run: REASON -->`. The blocks of a page
share a working directory.
"""

import doctest
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from tests.docs import pages
from tests.docs.pages import Block
from tests.support.paths import ROOT
from ticktalk.cli import COMMANDS, app

ALL = [block for path in pages.paths() for block in pages.blocks(path)]
SHELL = [block for block in ALL if block.language == "sh"]
RUN = {page: [b for b in SHELL if b.page == page and not b.not_run] for page in sorted({b.page for b in SHELL})}
TOOLS = ("cmake", "cc", "arm-none-eabi-gcc", "qemu-system-arm")
FRONT = typer.main.get_command(app)


def lines(block: Block) -> list[str]:
    """Return the command lines of a block, with comments removed and continued lines joined."""
    return [line for line in block.text.replace("\\\n", " ").splitlines() if line.split("#")[0].strip()]


@pytest.mark.parametrize("page", [page for page, found in RUN.items() if found])
def test_the_commands_of_a_page_run(page, home, tmp_path):
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        pytest.skip(f"needs {', '.join(missing)}")
    folder = tmp_path / "reader"
    folder.mkdir()
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path)}
    for block in RUN[page]:
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block.text],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, f"{block}: exit code {done.returncode}\n{done.stderr}{done.stdout}"


def ticktalk_lines() -> list[tuple[str, str]]:
    """Return (location, line) for every line that calls ticktalk, whether it is run or not.

    In prose, only lines with options are returned.
    """
    found = [(str(block), line) for block in SHELL for line in lines(block)]
    for path in pages.paths():
        text = "\n".join(line for _, line in pages.prose(path))
        found += [(pages.name(path), code) for code in re.findall(r"`(ticktalk [a-z]+ [^`]*)`", text)]
    return [(where, line) for where, line in found if re.match(r"\s*ticktalk [a-z]", line)]


def test_every_line_names_commands_and_options_that_exist():
    unknown = []
    for where, line in ticktalk_lines():
        _, command, *rest = shlex.split(line, comments=True)
        if command not in COMMANDS:
            unknown.append(f"{where}: ticktalk {command}")
            continue
        known = {option for p in FRONT.get_command(None, command).params for option in p.opts} | {"--help"}
        unknown += [f"{where}: ticktalk {command} {w}" for w in rest if re.match("--?[a-z]", w) and w not in known]
    assert unknown == []
    assert len(ticktalk_lines()) > 40


def test_commands_stand_in_blocks_that_are_tested():
    """Commands in indented text, or in blocks without a language, would not be tested."""
    loose = [str(b) for b in ALL if not b.language and re.search(r"^(ticktalk|make|pip|cmake) ", b.text, re.MULTILINE)]
    for path in pages.paths():
        loose += [f"{pages.name(path)}:{n}" for n, line in pages.prose(path) if line.startswith("    ")]
    assert loose == []


@pytest.mark.parametrize("page", sorted({b.page for b in ALL if b.language == "python" and not b.not_run}))
def test_the_python_of_a_page_is_right(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    failed, tried = doctest.testfile(str(ROOT / page), module_relative=False)
    assert tried and not failed


def test_python_that_is_not_run_compiles():
    for block in ALL:
        if block.language == "python" and block.not_run:
            compile(block.text, str(block), "exec")
        elif block.language == "python":
            assert ">>> " in block.text, f"{block}: no doctest; state the reason with <!-- not run: REASON -->"


def test_toml_is_toml():
    for block in ALL:
        if block.language == "toml":
            tomllib.loads(block.text)
