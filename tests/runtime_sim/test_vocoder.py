"""Compare the NumPy vocoder with the generated C, on the host and on an emulated core."""

import shutil

import numpy as np
import pytest

from tests.support.vocoders import (
    EXPRESSIVE,
    MEAN_PITCH,
    OUTPUTS,
    PITCH_OFFSET,
    ROLES,
    SIZES,
    GeneratedC,
    full,
    random_heads,
    run_on_m4,
    smooth_heads,
)
from ticktalk.firmware_gen.vocoder_source import compile_tables
from ticktalk.runtime_sim.prosody import NEUTRAL, Prosody
from ticktalk.runtime_sim.vocoder import tables as vocoder_tables
from ticktalk.runtime_sim.vocoder.finish import GAINS, Finish
from ticktalk.runtime_sim.vocoder.synthesis import Vocoder


@pytest.mark.parametrize(
    "n_fft, hop", [*SIZES[1:4], SIZES[5], *(pytest.param(*size, marks=pytest.mark.long) for size in SIZES[:5:4])]
)
def test_c_equals_numpy(n_fft, hop, tmp_path):
    tables = vocoder_tables.tables_of_voice(OUTPUTS, factor=2 / 3, channels=4, pitch_offset=PITCH_OFFSET)
    program = GeneratedC(tmp_path, tables, hop, n_fft)
    for frames, seed, prosody in (
        (1, 1, NEUTRAL),
        (2, 2, Prosody(pitch=12)),
        (5, 3, Prosody(volume=0)),
        (33, 4, Prosody(pitch=-7, volume=100)),
        (150, 2**32 - 1, NEUTRAL),
        (60, 5, Prosody(pitch=5, volume=512)),
        *((30, 6, prosody) for prosody in EXPRESSIVE),
    ):
        heads = random_heads(np.random.default_rng(frames), frames, full(n_fft), 4)
        pcm = Vocoder(tables, hop, n_fft, seed, prosody, mean_pitch=MEAN_PITCH).frames(heads)
        assert len(pcm) == frames * hop
        np.testing.assert_array_equal(pcm, program.frames(heads, seed, prosody))


def bins_of(harmonic: int, noise: int, free: int) -> dict[str, int]:
    """Return the number of bins of each head of a voice. A component with 0 bins has no heads."""
    widths = {
        "harmonic": harmonic,
        "rotation": harmonic,
        "noise": noise,
        "free": free,
        "free_cos": free,
        "free_sin": free,
    }
    return {role: width for role, width in widths.items() if width}


@pytest.mark.parametrize(
    "harmonic, noise, free", [(101, 0, 401), (2, 0, 401), (400, 60, 300), (200, 401, 2), (401, 401, 0)]
)
def test_heads_that_do_not_reach_all_bins(harmonic, noise, free, tmp_path):
    """The C and NumPy results are equal, and both equal the result for a voice that has all bins, with zero gain in
    the additional ones."""
    bins = bins_of(harmonic, noise, free)
    tables = vocoder_tables.tables_of_voice(
        {role: OUTPUTS[role] for role in ("pitch", "voicing", *bins)}, pitch_offset=PITCH_OFFSET
    )
    assert ("noise_gain" in tables) == bool(noise) and ("free_gain" in tables) == ("free_zero_point" in tables) == bool(
        free
    )
    heads = random_heads(np.random.default_rng(harmonic), 30, bins)
    pcm = Vocoder(tables, 200, 800, 7).frames(heads)
    program = GeneratedC(tmp_path, tables, 200, 800, bins=bins)
    np.testing.assert_array_equal(pcm, program.frames(heads, 7))
    for prosody in (Prosody(pitch=-12), Prosody(pitch=9)):
        np.testing.assert_array_equal(
            Vocoder(tables, 200, 800, 7, prosody).frames(heads), program.frames(heads, 7, prosody)
        )
    del heads["rise"]  # moved harmonics come from other bins if there are more of them
    silenced = vocoder_tables.tables_of_voice(OUTPUTS, pitch_offset=PITCH_OFFSET)
    for name in ("harmonic_gain", "noise_gain", "free_gain"):
        silenced[name][0] = 0
        if name in tables:
            tables[name][0] = 0
    padded = {
        role: np.pad(head, ((0, 0), (0, 401 - head.shape[1])), constant_values=-128) if role in bins else head
        for role, head in heads.items()
    }
    for role in ("noise", "free", "free_cos", "free_sin"):
        padded.setdefault(role, np.full((30, 401), -128, np.int8))
    np.testing.assert_array_equal(
        Vocoder(tables, 200, 800, 7).frames(heads), Vocoder(silenced, 200, 800, 7).frames(padded)
    )


@pytest.mark.parametrize(
    "n_fft, harmonic, noise, free",
    [
        (512, 257, 0, 257),
        (800, 202, 399, 301),
        pytest.param(640, 2, 60, 0, marks=pytest.mark.long),
        pytest.param(800, 101, 0, 401, marks=pytest.mark.long),
        pytest.param(800, 203, 58, 398, marks=pytest.mark.long),
        pytest.param(1024, 513, 513, 2, marks=pytest.mark.long),
    ],
)
def test_c_for_mve_equals_numpy(n_fft, harmonic, noise, free, tmp_path):
    """The portable equivalent of the vector instructions is tested, with heads that end at every lane."""
    bins = bins_of(harmonic, noise, free)
    tables = vocoder_tables.tables_of_voice(
        {role: OUTPUTS[role] for role in ("pitch", "voicing", *bins)}, factor=2 / 3, pitch_offset=PITCH_OFFSET
    )
    finish = Finish(300, "watch" if free == 398 else "flat")
    program = GeneratedC(tmp_path, tables, 200, n_fft, bins=bins, finish=finish, isa="mve")
    assert "tt_mul_lanes" in (tmp_path / "vocoder_fft.c").read_text()
    for seed, prosody in ((3, NEUTRAL), (2**31, Prosody(pitch=5, volume=512, expression=400))):
        heads = random_heads(np.random.default_rng(seed), 16, bins)
        pcm = Vocoder(tables, 200, n_fft, seed, prosody, finish, mean_pitch=MEAN_PITCH).frames(heads)
        np.testing.assert_array_equal(pcm, program.frames(heads, seed, prosody))


def test_sizes_without_vectors_have_portable_c():
    tables = vocoder_tables.tables_of_voice(OUTPUTS, pitch_offset=PITCH_OFFSET)
    assert compile_tables(tables, 200, 1000, full(1000), isa="mve") == compile_tables(tables, 200, 1000, full(1000))


@pytest.mark.parametrize("value, finish", [(-128, Finish()), (127, Finish()), (127, Finish(GAINS[1], "watch"))])
def test_c_equals_numpy_at_the_extremes(value, finish, tmp_path):
    """With every head and gain at its limit and the widest pitch table, samples saturate and nothing overflows."""
    tables = vocoder_tables.tables_of_voice(OUTPUTS, pitch_offset=PITCH_OFFSET)
    tables["pitch"] = np.linspace(*vocoder_tables.INCREMENTS, 256).astype(np.uint32)
    for name, limit in (
        ("harmonic_gain", 2**31 - 1),
        ("noise_gain", 2**31 - 1),
        ("free_gain", vocoder_tables.FREE_LIMIT),
    ):
        tables[name] = np.where(np.arange(256) < 255, tables[name], limit).astype(np.uint32)
    program = GeneratedC(tmp_path, tables, 200, 800, "clang" if shutil.which("clang") else "gcc", finish=finish)
    heads = {
        role: np.full((40, width), value, np.int8)
        for role, width in {"pitch": 1, "voicing": 1, **dict.fromkeys(ROLES, 401)}.items()
    }
    for pitch, prosody in (
        (-128, NEUTRAL),
        (127, Prosody(pitch=-12, volume=512)),
        (127, Prosody(pitch=12, volume=512)),
    ):
        heads["pitch"][:] = pitch
        heads["voicing"][:] = 127
        pcm = Vocoder(tables, 200, 800, prosody=prosody, finish=finish).frames(heads)
        assert value < 0 or (pcm.max() == 32767 and pcm.min() == -32767)
        np.testing.assert_array_equal(pcm, program.frames(heads, 1, prosody))
    heads["pitch"][:, 0] = np.random.default_rng(0).choice([-128, 127], 40)
    pcm = Vocoder(tables, 200, 800, finish=finish).frames(heads)
    np.testing.assert_array_equal(pcm, program.frames(heads, 1))


@pytest.mark.parametrize(
    "core, finish", [("cortex-m4", Finish()), ("cortex-m3", Finish()), ("cortex-m4", Finish(700, "watch"))]
)
def test_c_on_an_emulated_m4(core, finish, tmp_path):
    """The samples are the same with and without DSP instructions.

    A frame takes at most 110,000 instructions on a Cortex-M4, as docs/explanation/vocoder.md states.
    """
    tables = vocoder_tables.tables_of_voice(OUTPUTS, factor=2 / 3, pitch_offset=PITCH_OFFSET)
    heads = smooth_heads(40, 800)
    compiled = compile_tables(tables, 200, 800, full(800), last=finish, mean_pitch=MEAN_PITCH)
    pcm, counts, static_bytes = run_on_m4(tmp_path, compiled.files, heads, 5, core)
    np.testing.assert_array_equal(pcm, Vocoder(tables, 200, 800, 5, finish=finish).frames(heads))
    samples = 2 * 200
    assert compiled.facts["state_bytes"] <= static_bytes - samples < compiled.facts["state_bytes"] + 8 <= 16384
    assert core == "cortex-m3" or max(counts) <= 110_000 + 4000 * len(finish.sections(16000))
    for prosody in EXPRESSIVE:
        pcm, _, _ = run_on_m4(tmp_path, compiled.files, heads, 5, core, prosody)
        vocoder = Vocoder(tables, 200, 800, 5, prosody, finish, mean_pitch=MEAN_PITCH)
        np.testing.assert_array_equal(pcm, vocoder.frames(heads))
