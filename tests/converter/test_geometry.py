"""The sample rate, hop and FFT size of new voices are defined once.

A different hop works in all stages, from training to the watch.
"""

import shutil
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.support.paths import ROOT
from tests.support.speech_server import speech, wav
from ticktalk.converter.errors import DistillError
from ticktalk.converter.geometry import GEOMETRY, Geometry
from ticktalk.runtime_sim.voice import load_voice

SENTENCES = ["It is seven thirty.", "Turn left here.", "Battery low.", "Shall I call Anna?"]


def test_the_default_geometry():
    assert (GEOMETRY.bins, GEOMETRY.overlap, GEOMETRY.frames_a_second, GEOMETRY.bin_at(4000)) == (401, 4, 80.0, 200)
    assert GEOMETRY.window_power == pytest.approx(1.5)


@pytest.mark.parametrize(
    ("hop", "n_fft"), [(0, 800), (300, 800), (800, 800), (1, 800), (201, 402), (20000, 40000), (-200, 800)]
)
def test_frames_that_cannot_be_overlapped_are_refused(hop, n_fft):
    with pytest.raises(DistillError, match=f"hop {hop} and n_fft {n_fft} at 16000 Hz do not match"):
        Geometry(16000, hop, n_fft)


def test_internals_of_hibari_are_features_for_frames_as_long_as_its_own():
    pytest.importorskip("hibari", reason="pip install 'ticktalk[corpus]'")
    from ticktalk.converter.teachers.catalogue import make_teacher

    hibari = make_teacher("hibari")
    assert hibari.frames_fit(GEOMETRY) and hibari.frames_fit(Geometry(24000, 300, 1200))
    assert not hibari.frames_fit(Geometry(16000, 160, 640)) and not hibari.frames_fit(Geometry(16000, 200, 600))
    assert hibari.utterances("Well done!", 101)[0].spectrum.shape[2] == 101


@pytest.mark.long  # test_distill.py trains with the default hop, and test_vocoder.py synthesises with other hops
# Look for Keras without importing it, because LiteRT rejects every graph once TensorFlow is loaded.
@pytest.mark.skipif(not find_spec("keras"), reason="pip install 'ticktalk[convert]'")
@pytest.mark.skipif(not shutil.which("qemu-system-arm"), reason="needs qemu-system-arm")
def test_another_hop_goes_from_training_to_a_verified_watch_by_one_line(tmp_path):
    """Train a voice from recordings with 10 ms frames and 25 Hz bins."""
    from ticktalk.boards.board import load_board
    from ticktalk.proof.prove import prove
    from ticktalk.proof.subject import VoiceSubject

    (tmp_path / "recordings" / "wavs").mkdir(parents=True)
    for number, text in enumerate(SENTENCES):
        (tmp_path / "recordings" / "wavs" / f"a{number}.wav").write_bytes(wav(speech(text, 22050), 22050))
    lines = [f"a{number}|{text}\n" for number, text in enumerate(SENTENCES)]
    (tmp_path / "recordings" / "metadata.csv").write_text("".join(lines))
    arguments = ["160", "640", str(tmp_path / "recordings"), str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.other_geometry", *arguments], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    voice = load_voice(tmp_path / "voice")
    assert (voice.manifest["sample_rate"], voice.manifest["hop"], voice.manifest["n_fft"]) == (16000, 160, 640)
    assert voice.width("frame", "harmonic") == voice.width("frame", "noise") == 321
    proof = prove(VoiceSubject(voice, "Turn left."), load_board("qemu-m4"))
    assert proof.bit_exact and "qemu-m4" in proof.compared and proof.samples > 0 and proof.samples % 160 == 0
