"""Test the names and errors of the public API, and check that importing it is fast.

tests/docs/ runs the examples on the API's reference page.
"""

import subprocess
import sys

import pytest

import ticktalk
from tests.support.paths import TINY


def test_importing_ticktalk_imports_nothing_heavy():
    program = "import sys, ticktalk; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"numpy", "jinja2", "typer", "serial", "rich", "tensorflow"} & set(loaded)


def test_every_public_name_is_there_and_says_what_it_is():
    for name in ticktalk.__all__:
        assert getattr(ticktalk, name).__doc__, name
    assert set(ticktalk.__all__) <= set(dir(ticktalk))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        getattr(ticktalk, "nonsense" + "")


def test_errors_have_one_base():
    with pytest.raises(ticktalk.TicktalkError, match="no voice 'nobody'") as raised:
        ticktalk.load_voice("nobody")
    assert raised.value.exit_code == 3
    with pytest.raises(ticktalk.TicktalkError, match="no board 'nothing'") as raised:
        ticktalk.load_board("nothing")
    assert raised.value.exit_code == 5


def test_a_voice_is_exported_and_flashed(home):
    voice, board = ticktalk.load_voice(TINY), ticktalk.load_board("qemu-m4")
    seen = []
    result = ticktalk.flash(voice, board, progress=lambda done, total: seen.append((done, total)))
    assert result["banner"]["voice"] == voice.hash and seen[-1][0] == seen[-1][1]
