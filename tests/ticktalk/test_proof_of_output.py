"""With options that change the samples, `verify` compares the samples of the host program and the emulated board."""

import json

import numpy as np
import pytest

from tests.support.front import ticktalk
from tests.support.paths import TINY
from tests.support.talker import talker
from ticktalk.boards.board import load_board
from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_voice
from ticktalk.proof.prove import prove
from ticktalk.proof.subject import VoiceSubject
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.voice import load_voice, with_sound


@pytest.mark.parametrize(
    "board, rate, stereo, equaliser",
    [("qemu-m4", 22050, True, "watch"), pytest.param("qemu-m33", 8000, False, "small", marks=pytest.mark.long)],
)
def test_a_text_is_converted_to_the_same_samples_everywhere(board, rate, stereo, equaliser):
    """This also holds for a text of several utterances, which is converted as one stream."""
    told = []
    subject = VoiceSubject(with_sound(talker(), equaliser=equaliser), "Yes. No!", output_rate=rate, stereo=stereo)
    proof = prove(subject, load_board(board), log=told.append)
    assert proof.bit_exact and {"host C", "host C (sanitised)", board} <= set(proof.compared), told
    native = VoiceSubject(talker(), "Yes. No!")
    assert len(subject.parts) == 2 and proof.text_bytes == len(b"Yes. No!")
    ratio = rate / native.sample_rate * (2 if stereo else 1)
    (line,) = (each for each in told if each.startswith(f"{board}: reads the text"))
    spoken = sum(len(native.computer(simulator(native))(part).pcm) for part in native.parts)
    assert f"the same {int(np.ceil(spoken * ratio))} samples" in line


def simulator(subject):
    from ticktalk.runtime_sim.simulator import Simulator

    return lambda graph: Simulator(subject.graphs[graph])


def test_a_conversion_that_differs_is_found(monkeypatch):
    """The simulator's samples are at 24 kHz, and those of the C code are mono at 16 kHz."""
    subject = VoiceSubject(load_voice(TINY), "ab.", output_rate=24000)
    monkeypatch.setattr(subject, "export", VoiceSubject(load_voice(TINY), "ab.").export)
    proof = prove(subject, load_board("qemu-m4"))
    assert not proof.bit_exact and proof.agreements["host C"].difference.tensor is None


def test_the_command_counts_the_samples_of_both_channels(tmp_path):
    done = ticktalk(
        "verify", "--board", "qemu-m55", "--voice", TINY, "--text", "ab.", "--stereo", "--equaliser", "watch", "--json",
        cache=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found, native = json.loads(done.stdout), VoiceSubject(load_voice(TINY), "ab.")
    compute = native.computer(simulator(native))
    assert found["bit_exact"]
    assert found["samples"] == 2 * sum(len(compute(part).pcm) for part in (*native.parts, *native.others)) > 0


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["--voice", TINY, "--output-rate", "44100"], "--output-rate 44100: choose 8000, 16000, 22050, 24000"),
        (
            ["--model", TINY / "phoneme.tflite", "--stereo"],
            "--output-rate, --stereo, --loudness and --equaliser: only for a voice, not for a model",
        ),
        (["--voice", TINY, "--equaliser", "loud"], "no equaliser 'loud'; choose flat, small, watch"),
        (["--voice", "joe", "--loudness", "3"], "loudness 3: must be from -60 to 0 LUFS"),
    ],
)
def test_conversions_that_do_not_exist_are_refused(arguments, message, tmp_path):
    done = ticktalk("verify", "--board", "qemu-m4", *arguments, cache=tmp_path)
    assert done.returncode == 2 and message in " ".join(done.stderr.split())


def test_a_loudness_needs_the_measured_one():
    with pytest.raises(VoiceError, match=r"no key 'sound.lufs', which --loudness needs"):
        with_sound(load_voice(TINY), loudness=-16)
    joe = with_sound(load_voice(voice_folder("joe")), -16)
    assert joe.finish.gain == round(256 * 10 ** ((-16 - joe.manifest["sound"]["lufs"]) / 20)) == 466


def test_a_board_that_plays_sound_itself_is_refused(tmp_path):
    board = load_board("feather-stm32f405")
    with pytest.raises(
        BuildError, match="feather-stm32f405 plays 16000 Hz itself; leave out --output-rate and --stereo"
    ):
        export_voice(load_voice(TINY), board, tmp_path / "p", text="none", stereo=True)
