"""Test the ranges and effects of every setting, and compare the generated C with the simulator."""

import hashlib
import shutil
import subprocess
from dataclasses import astuple
from fractions import Fraction
from itertools import chain
from math import floor

import numpy as np
import pytest

from tests.support.compiled import HOST, compile_and_link
from tests.support.emphatic import emphatic
from tests.support.paths import TINY
from tests.support.speakers import cycled, with_speakers
from tests.support.vocoders import OUTPUTS, PITCH_OFFSET
from ticktalk.boards.board import load_board
from ticktalk.bundled import voice_folder
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.runtime_sim import speech
from ticktalk.runtime_sim.errors import ProsodyError
from ticktalk.runtime_sim.prosody import LIMITS, NEUTRAL, ONE, Prosody
from ticktalk.runtime_sim.vocoder import tables as vocoder_tables
from ticktalk.runtime_sim.vocoder.fft import mul
from ticktalk.runtime_sim.vocoder.finish import GAIN_SHIFT, KNEE, limited
from ticktalk.runtime_sim.vocoder.synthesis import LCG_INCREMENT, LCG_MULTIPLIER, Vocoder
from ticktalk.runtime_sim.vocoder.synthesis import LIMITS as GAINS
from ticktalk.runtime_sim.voice import load_voice

AS_BEFORE = "3f788deae8a9b4f95deb22aa055714dfd4005fc3bb015deddb5c0733a37a419b"  # hash of samples without prosody


@pytest.fixture(scope="module")
def voice():
    return load_voice(TINY)


@pytest.fixture(scope="module")
def ids(voice):
    return speech.ids_of(voice, "hello this is a tiny voice that talks on")


def some(count: int, seed: int = 1) -> list[Prosody]:
    """Return random prosodies, including the limits of all ranges."""
    rng = np.random.default_rng(seed)
    ends = [Prosody(**{name: limits[i] for name, limits in LIMITS.items()}, whisper=i) for i in (0, 1)]
    return ends + [
        Prosody(*(int(rng.integers(least, most + 1)) for least, most in LIMITS.values()), whisper=number % 2)
        for number in range(count)
    ]


# -- ranges -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", LIMITS)
def test_the_limits_hold_and_what_lies_beyond_is_named(name):
    for value in LIMITS[name]:
        assert getattr(Prosody(**{name: value}), name) == value
    for value in (LIMITS[name][0] - 1, LIMITS[name][1] + 1, 1.5, None):
        with pytest.raises(
            ProsodyError, match=f"{name} {value}: must be an integer from {LIMITS[name][0]} to {LIMITS[name][1]}"
        ) as caught:
            Prosody(**{name: value})
        assert caught.value.exit_code == 2


def test_what_people_say():
    assert Prosody.of() == NEUTRAL == Prosody(256, 0, 256, 256)
    assert Prosody.of(0.5, -12, 0, 0) == Prosody(128, -12, 0, 0) and Prosody.of(2, 12, 2, 2) == Prosody(
        512, 12, 512, 512
    )
    assert Prosody.of(1.3, volume=0.75, expression=1.5) == Prosody(333, 0, 192, 384)
    for name, value, words in (
        ("rate", 0.499, "rate 0.499: must be from 0.5 to 2"),
        ("rate", float("nan"), "rate nan"),
        ("rate", float("inf"), "rate inf"),
        ("pitch", 13, "pitch 13: must be from -12 to 12"),
        ("volume", -0.001, "volume -0.001: must be from 0 to 2"),
        ("volume", 2.01, "volume"),
        ("expression", 2.01, "expression 2.01: must be from 0 to 2"),
        ("rate", "1", "rate '1': must be a number from 0.5 to 2"),
        ("volume", None, "volume None: must be a number from 0 to 2"),
        ("pitch", 0.5, "pitch 0.5: must be an integer from -12 to 12"),
        ("whisper", "yes", "whisper 'yes': must be True or False"),
        ("whisper", None, "whisper None"),
        ("whisper", 0.9, "whisper 0.9"),
        ("whisper", float("nan"), "whisper nan"),
    ):
        with pytest.raises(ProsodyError, match=words):
            Prosody.of(**{name: value})
    assert Prosody.of(whisper=True) == Prosody.of(whisper=np.True_) == Prosody(whisper=1)
    assert Prosody.of(np.float32(1.5), np.int64(2)) == Prosody(384, 2)
    for value in (-1, 2, 0.5):
        with pytest.raises(ProsodyError, match=f"whisper {value}: must be an integer from 0 to 1"):
            Prosody(whisper=value)


# -- effects ------------------------------------------------------------------------------------------------------
def test_the_defaults_change_nothing(voice, ids):
    assert hashlib.sha256(speech.speak(voice, ids, 7).astype("<i2").tobytes()).hexdigest() == AS_BEFORE
    assert (
        hashlib.sha256(speech.speak(voice, ids, 7, prosody=Prosody()).astype("<i2").tobytes()).hexdigest() == AS_BEFORE
    )


def test_every_sum_and_pitch_is_left_alone_at_one(voice):
    vocoder = Vocoder(voice.tables, 200, 800)
    sums = np.concatenate([np.arange(-5000, 5000), np.random.default_rng(1).integers(-(2**30), 2**30, 100_000)])
    np.testing.assert_array_equal(mul(sums, vocoder.volume * vocoder.finish.gain << GAIN_SHIFT), (sums + 4) >> 3)
    assert vocoder.shift == 1 << vocoder_tables.SHIFT_BITS
    factors = vocoder_tables.pitch_shift() / 2**vocoder_tables.SHIFT_BITS
    np.testing.assert_allclose(factors, 2 ** (np.arange(-12, 13) / 12), rtol=2**-16)


def test_rate_divides_lengths_and_rounding_does_not_add_up():
    """Every boundary is the frame nearest to the exact quotient, even after 1,000 phonemes.

    No phoneme is shorter than one frame.
    """
    rng = np.random.default_rng(2)
    table = rng.integers(0, 1500, 256).astype(np.uint16)
    q = rng.integers(-128, 128, 1000).astype(np.int8)
    last = None
    for rate in (128, 129, 191, 255, 256, 257, 341, 511, 512):
        ends = speech.frame_ends(table, q, rate)
        assert (np.diff(ends, prepend=0) >= 1).all()
        least = next(n for n in range(1000) if Fraction(n * 256, rate) >= 64)
        lengths = np.maximum(table[q.astype(int) + 128].astype(int), least)
        exact = [Fraction(int(total) * 256, 64 * rate) for total in np.cumsum(lengths)]
        assert max(abs(end - want) for end, want in zip(ends.tolist(), exact)) <= Fraction(1, 2) + Fraction(1, rate)
        assert last is None or ((ends <= last).all() and ends[-1] < last[-1])
        last = ends
    np.testing.assert_array_equal(
        speech.frame_ends(table, q, 256), (np.cumsum(np.maximum(table[q.astype(int) + 128].astype(int), 64)) + 32) >> 6
    )


def test_speech_gets_shorter_as_it_gets_faster(voice, ids):
    lengths = [len(speech.speak(voice, ids, prosody=Prosody(rate))) for rate in (128, 192, 256, 384, 512)]
    assert lengths == sorted(lengths, reverse=True) and len(set(lengths)) == 5
    assert abs(lengths[0] / lengths[2] - 2) < 0.02


def test_pitch_is_multiplied_within_what_pulses_can_be(voice):
    """An octave doubles the increment, increments stay within their range, and unvoiced frames stay unvoiced."""
    least, most = vocoder_tables.INCREMENTS
    tables = voice.tables | {"pitch": np.linspace(least, most, 511).astype(np.uint32)}
    heads = {
        "pitch": np.tile(np.arange(-128, 128, dtype=np.int8)[:, None], 2),
        "voicing": np.full((256, 1), 127, np.int8),
    }
    plain, up, down = (Vocoder(tables, 200, 800, prosody=Prosody(pitch=pitch)).pitch(heads) for pitch in (0, 12, -12))
    np.testing.assert_array_equal(up, np.minimum(2 * plain, most))
    np.testing.assert_array_equal(down, np.maximum((plain + 1) // 2, least))
    assert up.max() == most and down.min() == least
    heads["voicing"][:] = -128
    assert not Vocoder(tables, 200, 800, prosody=Prosody(pitch=-12)).pitch(heads).any()


def test_expression_scales_the_semitones_from_the_mean():
    heart = load_voice(voice_folder("heart"))
    mean = heart.mean_pitch
    q = np.arange(-128, 128, dtype=np.int8)
    heads = {"pitch": q[:, None], "voicing": np.full((256, 1), 127, np.int8)}

    def increments(expression, pitch=0):
        prosody = Prosody(pitch=pitch, expression=expression)
        return Vocoder(heart.tables, 200, 800, prosody=prosody, mean_pitch=mean).pitch(heads)

    own = increments(ONE)
    np.testing.assert_array_equal(own, heart.tables["pitch"])
    assert (increments(0) == own[mean]).all() and 190 < own[mean] * 16000 / 2**32 < 191
    assert (increments(0, 12) == 2 * own[mean]).all()
    away = np.arange(256) - mean
    for expression in (1, 128, 255, 257, 400, 512):
        wanted = [mean + floor(Fraction(int(each) * expression, ONE) + Fraction(1, 2)) for each in away]
        np.testing.assert_array_equal(increments(expression), own[np.clip(wanted, 0, 255)])
    heads["voicing"][:] = -128
    assert not increments(400).any()


def test_the_voices_of_a_teacher_have_its_mean_pitch():
    """It is that of the sentences they were trained on, which are not the same."""
    voices = [load_voice(voice_folder(name)) for name in ("heart", "heart-nano", "heart-pico")]
    pitches = [int(voice.tables["pitch"][voice.mean_pitch]) for voice in voices]
    assert max(pitches) < 1.005 * min(pitches)


def test_harmonics_are_taken_along(voice):
    """The voice has a harmonic at every tenth bin.

    The test checks the source bins of `harmonic` and `rotation` for a pitch that is a fourth lower, an octave lower or
    an octave higher.
    """
    bins = np.arange(101, dtype=np.int8)
    ten = voice.tables | {"pitch": np.full(511, round(10 * 2**32 / 800), np.uint32)}
    heads = {
        "pitch": np.zeros((2, 2), np.int8),
        "voicing": np.array([[127], [-128]], np.int8),
        "harmonic": np.tile(bins, (2, 1)),
        "rotation": np.tile(-bins, (2, 1)),
    }

    def moved(pitch):
        result = Vocoder(ten, 200, 800, prosody=Prosody(pitch=pitch)).with_harmonics_moved(heads)
        np.testing.assert_array_equal(result["rotation"][0, 1:], -result["harmonic"][0, 1:])
        np.testing.assert_array_equal(result["harmonic"][1], bins)  # unvoiced and therefore unchanged
        return result["harmonic"][0].tolist()

    assert moved(0) == bins.tolist() and moved(12)[1:] == bins[1:].tolist()
    lower = moved(-5)  # harmonics at 7.49, 14.98, 22.47, ... use bins 10, 10, 20, ...
    assert (lower[7], lower[8], lower[15], lower[22], lower[24]) == (10, 11, 10, 20, 22)
    mean = Vocoder(ten, 200, 800, prosody=Prosody(pitch=-5)).pitch(heads)[0]  # a fourth below the frame's pitch
    above = ten | {"pitch": np.where(np.arange(511) == 256, ten["pitch"], mean)}
    vocoder = Vocoder(above, 200, 800, prosody=Prosody(expression=0), mean_pitch=255)
    assert vocoder.with_harmonics_moved(heads)["harmonic"][0].tolist() == lower
    octave = moved(-12)  # harmonics at 5, 10, ..., 20 use bins 10, 10, ..., 20
    assert [octave[k] for k in (1, 4, 5, 9, 10, 11, 20, 40)] == [1, 9, 10, 9, 10, 11, 20, 40]


def test_a_whisper_is_noise_where_there_were_pulses():
    """Computed one sample at a time. Only voiced samples draw random numbers."""
    seed, period = 2**32 - 5, np.uint32(2**32 // 80)
    increments = np.repeat([0, period, 0, period], [300, 500, 200, 600]).astype(np.int64)
    tables = vocoder_tables.tables_of_voice(OUTPUTS, pitch_offset=PITCH_OFFSET)
    plain, whisper = (Vocoder(tables, 200, 800, seed, Prosody(whisper=number)).pulses(increments) for number in (0, 1))
    wanted, state, start = (
        np.zeros(len(plain), int),
        seed,
        400 - 100,
    )  # from the start of the window to the first sample
    for at in np.flatnonzero(increments):
        before, state = state, (state * LCG_MULTIPLIER + LCG_INCREMENT) % 2**32
        wanted[start + at] = np.diff(np.array([before, state], np.uint32).view(np.int32) >> 22)[0]
    np.testing.assert_array_equal(whisper, wanted)
    voiced = slice(start + 1000, start + 1600)
    periodic, breathed = (np.corrcoef(x[voiced][80:], x[voiced][:-80])[0, 1] for x in (plain, whisper))
    assert periodic > 0.9 and abs(breathed) < 0.15
    spectrum = np.abs(np.fft.rfft(whisper[voiced])) ** 2
    assert spectrum[:30].mean() < 0.02 * spectrum[-30:].mean()  # below 800 Hz, and above 7200 Hz


def test_a_whisper_leaves_lengths_and_unvoiced_sounds_alone(voice, ids):
    plain, whisper = (speech.speak(voice, ids, prosody=Prosody(whisper=number)) for number in (0, 1))
    assert len(plain) == len(whisper) and not np.array_equal(plain, whisper)
    _, heads = speech.Speaker(voice).heads(ids)
    heads["voicing"][:] = -128
    plain, whisper = (
        Vocoder(voice.tables, 200, 800, prosody=Prosody(whisper=number)).frames(heads) for number in (0, 1)
    )
    assert np.array_equal(plain, whisper) and plain.any()


def test_volume_multiplies_and_limits(voice, ids):
    def at(volume):
        return speech.speak(voice, ids, prosody=Prosody(volume=volume)).astype(int)

    plain = at(256)
    assert not at(0).any()
    assert np.abs(at(128) - plain / 2).max() <= 1
    loud = {
        name: np.minimum(table * 16.0, GAINS[name][1]).astype(np.uint32) if name in GAINS and name != "pitch" else table
        for name, table in voice.tables.items()
    }
    _, heads = speech.Speaker(voice).heads(ids)
    once, twice = (
        Vocoder(loud, 200, 800, prosody=Prosody(volume=volume)).frames(heads).astype(int) for volume in (256, 512)
    )
    assert twice.max() == 32767 and twice.min() == -32767
    # `inside`: samples that the limiter does not change at either volume. `bent`: those that it does not change at the
    # normal volume.
    inside, bent = np.abs(once) <= KNEE // 2, np.abs(once) <= KNEE
    assert np.abs(twice - 2 * once)[inside].max() <= 1 and inside.mean() > 0.9 and (bent & ~inside).any()
    assert np.abs(twice - limited(2 * once))[bent].max() <= 1


# -- in chunks, as with `--runtime tflm` --------------------------------------------------------------------------
@pytest.mark.skipif(not shutil.which("gcc"), reason="needs gcc")
def test_chunked_speech_on_this_machine(voice, ids, tmp_path):
    """The code generated for TFLite Micro is linked with graphs compiled by ticktalk and run with several prosodies and
    speakers."""
    pytest.importorskip("tflite_micro")
    voice = emphatic(with_speakers(voice))
    ids = [number for k, each in enumerate(ids) for number in ([each, 20 + k // 7 % 3] if k % 7 == 3 else [each])]
    assert {*voice.marks} < {*ids}
    source = export_voice(voice, load_board("qemu-m4"), tmp_path / "p", runtime="tflm") / "src"
    for number, name in enumerate(voice.graphs):
        for file, text in compile_graph(voice.graphs[name], f"voice_{name}", number).files.items():
            (source / file).write_text(text)
    files = [*source.glob("*.c"), *(source / "host").glob("*.c")]
    program = compile_and_link(tmp_path, files, HOST["gcc"], [], trace=False, include=(source,))
    speaker = speech.Speaker(voice)
    for prosody in cycled([NEUTRAL, *some(2)]):
        options = chain.from_iterable(zip(("-r", "-p", "-v", "-e", "-s", "-w"), astuple(prosody)))
        done = subprocess.run([program, *map(str, (*options, 5, *ids))], capture_output=True, check=True)
        assert np.array_equal(np.frombuffer(done.stdout, np.int16), speaker.speak(ids, 5, prosody=prosody)), prosody
