"""Test reading WAV files, finding faults of recordings, and resampling."""

import struct
import wave

import numpy as np
import pytest

from tests.support.speech_server import speech, wav
from ticktalk.converter.audio.recording_checks import fault, resampled
from ticktalk.converter.audio.wav_reader import read_wav
from ticktalk.converter.errors import DistillError
from ticktalk.converter.teachers.teacher import Recording

pytest.importorskip("soxr", reason="pip install 'ticktalk[corpus]'")


def test_wav_files_of_all_kinds(tmp_path):
    expected = speech("of all kinds", 8000).astype(np.float32)
    for width, scale in ((1, 127), (2, 32767), (3, 2**23 - 1), (4, 2**31 - 1)):
        whole = np.rint(np.repeat(expected, 2).astype(np.float64) * scale).astype("<i8")
        with wave.open(str(tmp_path / "x.wav"), "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(width)
            file.setframerate(8000)
            file.writeframes(
                (whole + 128).astype(np.uint8).tobytes()
                if width == 1
                else whole.view(np.uint8).reshape(-1, 8)[:, :width].tobytes()
            )
        samples, rate = read_wav((tmp_path / "x.wav").read_bytes(), "x.wav")
        assert rate == 8000 and np.abs(samples - expected).max() < 2 / scale + 1e-6
    header = b"RIFF\0\0\0\0WAVEfmt " + struct.pack("<IHHIIHH", 16, 3, 1, 8000, 32000, 4, 32)
    samples, _ = read_wav(
        header + b"odd \x01\0\0\0..data" + struct.pack("<I", 4 * len(expected)) + expected.tobytes(), "x.wav"
    )
    assert np.array_equal(samples, expected)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda data: data[:30], "truncated"),
        (lambda data: data[:-1], "truncated"),
        (lambda data: b"ID3" + data, "not a WAV"),
        (lambda data: data[:20] + b"\x07" + data[21:], "coding 7"),
        (lambda data: b"", "not a WAV"),
    ],
)
def test_wav_files_that_cannot_be_read(change, words):
    with pytest.raises(DistillError, match=f"it.wav: .*{words}"):
        read_wav(change(wav(speech("hello"))), "it.wav")


@pytest.mark.parametrize(
    ("audio", "words"),
    [
        (np.zeros(16000), "silence"),
        (np.full(16000, 0.001), "silence"),
        (np.r_[speech("x", 16000), np.nan], "NaN"),
        (np.r_[speech("x", 16000), np.inf], "NaN"),
        (np.clip(9 * speech("It is seven thirty.", 16000), -1, 1), "clipped"),
        (speech("", 16000)[:3000], "too short"),
        (np.resize(speech("x", 16000), 16000 * 30), "too long"),
        (np.zeros(0), "silence"),
    ],
)
def test_what_is_no_speech_is_found(audio, words):
    text = "It is seven thirty."
    assert words in fault([Recording(audio.astype(np.float32), 16000)], text)
    assert fault([Recording(speech(text, 16000), 16000)], text) is None and fault([], text)


def test_resampling_keeps_what_lies_where():
    """At any sample rate, a click keeps its position in time, and the durations add up to the length of the audio."""
    audio = np.zeros(22050 * 2, np.float32)
    audio[22050] = 1
    durations = np.full(170, 256)
    durations[-1] += len(audio) - durations.sum()
    pcm, shorter = resampled(Recording(audio, 22050, np.arange(170), durations))
    assert len(pcm) == 32000 == shorter.sum() and np.abs(np.argmax(pcm) - 16000) <= 1
    assert np.abs(np.cumsum(shorter) - np.cumsum(durations) * 16000 / 22050).max() <= 0.5
