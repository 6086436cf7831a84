"""Text is spoken as a stream: the samples of a sentence are written before the next sentence arrives."""

import io
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from tests.support.paths import ROOT, TINY
from ticktalk.runtime_sim.errors import TextError
from ticktalk.system.wav import MOST_SAMPLES, wav_file, write_wav
from ticktalk.text import checked, pieces

SENTENCE = "The tide was out, and nobody came. "


def test_paragraphs_are_pieces():
    assert [piece.split() for piece in pieces(io.StringIO("one\ntwo. three\n\n \nfour"))] == [
        ["one", "two.", "three"],
        ["four"],
    ]


@pytest.mark.parametrize("text", [SENTENCE * 9999, "word " * 29_999, "x" * 200_000, "line without an end\n" * 9999, ""])
def test_nothing_is_lost_and_little_is_held(text):
    found = list(pieces(io.StringIO(text)))
    assert "".join(found) == text and max(map(len, found)) <= 2 * 65536
    if text.startswith("The"):
        assert all(piece.endswith("came. ") for piece in found)
    if text.startswith("word"):
        assert all(piece.endswith(" ") for piece in found)


def test_no_utterance_at_all_is_an_error():
    with pytest.raises(TextError, match="no text to speak"):
        list(checked(iter([]), "-"))


def test_samples_are_written_before_the_text_ends(tmp_path):
    pytest.importorskip("hibari")
    out = tmp_path / "out.wav"

    def part_bytes():
        return sum(path.stat().st_size for path in tmp_path.glob(".ticktalk-*.part"))

    command = [sys.executable, "-m", "ticktalk", "simulate", "-", "--voice", str(TINY), "-o"]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    running = subprocess.Popen([*command, str(out)], stdin=subprocess.PIPE, env=environment)
    try:
        running.stdin.write(b"Hello there. How are you?\n\nAnd")
        running.stdin.flush()
        deadline = time.monotonic() + 60
        while part_bytes() <= 8000 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert part_bytes() > 8000 and not out.exists()
        running.stdin.write(b" the rest \xff.\n")
        running.stdin.close()
        assert running.wait(60) == 0
    finally:
        running.kill()
        running.wait()
    again = tmp_path / "again.wav"
    subprocess.run(
        [*command[:-1], "-o", str(again)],
        input=b"Hello there. How are you?\n\nAnd the rest \xff.",
        env=environment,
        check=True,
    )
    assert {path.name for path in tmp_path.iterdir()} == {
        "out.wav",
        "again.wav",
    } and out.read_bytes() == again.read_bytes()


def test_a_wav_file_has_an_end(tmp_path):
    with pytest.raises(OSError, match="at most"), wav_file(tmp_path / "long.wav", 16000) as append:
        append(np.zeros(100, np.int16))
        append(np.broadcast_to(np.int16(1), MOST_SAMPLES))
    assert not list(tmp_path.iterdir())
    write_wav(tmp_path / "short.wav", np.arange(5, dtype=np.int16), 16000)
    assert (tmp_path / "short.wav").stat().st_size == 44 + 10
