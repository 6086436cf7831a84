"""Test the vocoder's tables, FFT and synthesis.

The NumPy vocoder is compared with the generated C and with a floating-point implementation.
"""

import hashlib
import shutil
import subprocess
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from tests.support import vocoder_float
from tests.support.paths import ROOT, SUPPORT
from ticktalk.firmware_gen.graph.arrays import initialiser
from ticktalk.firmware_gen.vocoder_source import compile_tables
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.prosody import NEUTRAL, Prosody
from ticktalk.runtime_sim.vocoder import fft
from ticktalk.runtime_sim.vocoder import tables as vocoder_tables
from ticktalk.runtime_sim.vocoder.finish import GAINS, Finish
from ticktalk.runtime_sim.vocoder.synthesis import Vocoder

SIZES = [(512, 200), (640, 200), (800, 200), (1024, 200), (800, 128), (512, 256)]  # n_fft, hop
WARNINGS = ["-Wall", "-Wextra", "-Wconversion", "-Werror"]
ROLES = ("harmonic", "rotation", "noise", "free", "free_cos", "free_sin")


def affine(low: float, high: float) -> tuple[float, int]:
    """Return (scale, zero point) of an int8 output with values from `low` to `high`."""
    scale = (high - low) / 255
    return scale, round(-128 - low / scale)


PITCH_OFFSET = 5.3  # the graph's output is log f0 minus this offset
OUTPUTS = {
    "pitch": affine(-1.2, 0.75),
    "voicing": affine(0, 1),
    "harmonic": affine(-10, 7),
    "rotation": affine(-1, 1),
    "noise": affine(-12, 1.5),
    "free": affine(-9, 4),
    "free_cos": (1 / 127, 3),
    "free_sin": (1 / 127, -2),
}
MEAN_PITCH = 128 + OUTPUTS["pitch"][1]
EXPRESSIVE = [Prosody(pitch=-5, expression=0), Prosody(pitch=3, expression=128), Prosody(pitch=2, expression=400)]


def full(n_fft: int) -> dict[str, int]:
    """Return the widths of the spectral heads of a voice that uses all bins."""
    return dict.fromkeys(ROLES, n_fft // 2 + 1)


def random_heads(rng, frames: int, bins: dict[str, int], channels: int = 1) -> dict[str, np.ndarray]:
    """Return random int8 heads, with voiced runs of random length and some constant spectra at the int8 limits."""
    widths = {"pitch": channels, "voicing": 1} | bins
    heads = {role: rng.integers(-128, 128, (frames, width)).astype(np.int8) for role, width in widths.items()}
    heads["voicing"][:, 0] = np.repeat(rng.choice([-128, 127], frames), rng.integers(1, 9, frames))[:frames]
    for role in bins:
        rows = rng.random(frames) < 0.2
        heads[role][rows] = rng.choice([-128, 127], (rows.sum(), 1))
    return heads


def rows_of(heads: dict[str, np.ndarray]) -> np.ndarray:
    """Return one int8 row per frame, with the heads in the order of `layout`."""
    return np.concatenate([heads[role] for role in ("pitch", "voicing", *ROLES) if role in heads], 1)


def layout(bins: dict[str, int], channels: int) -> str:
    """Return the text of layout.h for vocoder_main.c and vocoder_m4.c: the offset of each head in a row."""
    widths = {"pitch": channels, "voicing": 1} | bins
    at = dict(zip(widths, np.cumsum([0, *widths.values()]).tolist()))
    members = ", ".join(f".{role} = (row) + {offset}" for role, offset in at.items())
    return f"enum {{ ROW = {sum(widths.values())} }};\n#define FRAME(row) {{{members}}}\n"


class GeneratedC:
    """The generated vocoder, compiled for the host with sanitizers."""

    def __init__(
        self,
        folder: Path,
        tables: dict,
        hop: int,
        n_fft: int,
        compiler: str = "gcc",
        bins: dict | None = None,
        finish: Finish = Finish(),
        isa: str = "portable",
    ):
        self.folder, self.tables = folder, tables
        bins = bins or full(n_fft)
        compiled = compile_tables(tables, hop, n_fft, bins, last=finish, isa=isa, mean_pitch=MEAN_PITCH)
        for name, text in compiled.files.items():
            (folder / name).write_text(text)
        (folder / "layout.h").write_text(layout(bins, len(tables["pitch"]) // 255))
        sources = [folder / name for name in ("vocoder.c", "vocoder_fft.c", "vocoder_tables.c")]
        subprocess.run(
            [
                compiler,
                "-std=c11",
                "-O1",
                "-g1",
                *WARNINGS,
                "-fsanitize=address,undefined",
                "-fno-sanitize-recover=all",
                f"-I{folder}",
                *sources,
                SUPPORT / "vocoder_main.c",
                "-o",
                folder / "main",
            ],
            check=True,
        )

    def frames(self, heads: dict, seed: int, prosody: Prosody = NEUTRAL) -> np.ndarray:
        """Return the PCM that is synthesised from the heads.

        The program computes the PCM twice, and both results must be equal.
        """
        rows = rows_of(heads)
        done = subprocess.run(
            [self.folder / "main", *map(str, (seed, len(rows), prosody.pitch, prosody.volume, prosody.expression))],
            input=rows.tobytes(),
            capture_output=True,
            check=True,
        )
        first, second = np.frombuffer(done.stdout, np.int16).reshape(2, -1)
        np.testing.assert_array_equal(first, second)
        return first


# -- tables -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n_fft, hop", SIZES)
def test_no_constant_depends_on_the_last_bit_of_a_libm(n_fft, hop, monkeypatch):
    """No double is rounded so close to a tie that differences between math libraries could change the result."""
    distances = []

    def watched(values):
        scaled = np.asarray(values, np.float64)
        room = np.abs(np.abs(scaled - np.floor(scaled)) - 0.5) / np.maximum(np.abs(scaled), 1)
        distances.append(room.min())
        return np.round(values)

    monkeypatch.setattr(np, "rint", watched)
    (
        vocoder_tables.plan(n_fft),
        vocoder_tables.analysis_window(n_fft),
        vocoder_tables.synthesis_window(n_fft, hop),
        vocoder_tables.pulse(),
    )
    vocoder_tables.pitch_shift()
    assert len(distances) >= 8 and min(distances) > 16 * np.finfo(float).eps


def test_constants_are_the_ones_of_the_specification():
    """The SHA-256 of the tables for n_fft 800 and hop 200 is the same on every machine."""
    plan = vocoder_tables.plan(800)
    arrays = [
        vocoder_tables.analysis_window(800),
        vocoder_tables.synthesis_window(800, 200),
        vocoder_tables.pulse(),
        plan.split,
        plan.position.astype(np.uint16),
        *(stage.twiddles for stage in plan.stages),
    ]
    digest = hashlib.sha256(
        b"".join(array.astype(array.dtype.newbyteorder("<")).tobytes() for array in arrays)
    ).hexdigest()
    assert digest == "5b742caea190f13b646ad4bcada46abf9ba24fd3acc388d1dc7850dddc7838f2"


def test_voice_tables_hold_the_real_values():
    tables = vocoder_tables.tables_of_voice(OUTPUTS, factor=2 / 3, channels=4, pitch_offset=PITCH_OFFSET)
    scale, zero = OUTPUTS["harmonic"]
    assert tables["harmonic_gain"][40 + 128] == round(np.exp((40 - zero) * scale) * 2 / 3 * 2**22)
    assert len(tables["pitch"]) == 4 * 255 + 1
    hertz = tables["pitch"] / 2**32 * 16000
    assert abs(hertz[0] - np.exp(4.1)) < 0.5 and abs(hertz[-1] - np.exp(6.05)) < 2
    assert tables["rotation_cos"][round(OUTPUTS["rotation"][1]) + 128] == 32767
    assert (np.arange(-128, 128) > tables["voicing_threshold"]).sum() == 128
    assert tables["free_zero_point"].tolist() == [3, -2]
    linear = vocoder_tables.gain_table(0.5, 0, 4, log=False)
    assert linear[128 + 10] == 80 and linear[0] == 0


def test_tables_that_would_overflow_are_refused():
    tables = vocoder_tables.tables_of_voice(OUTPUTS, pitch_offset=PITCH_OFFSET)
    for name, value in (("pitch", 1), ("harmonic_gain", 2**31), ("free_gain", 2**23)):
        with pytest.raises(VoiceError, match=name):
            Vocoder(tables | {name: np.full_like(tables[name], value)}, 200, 800)
    for n_fft, hop in ((700, 200), (256, 128), (800, 201), (800, 401)):
        with pytest.raises(VoiceError):
            Vocoder(tables, hop, n_fft)


# -- FFT ----------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("n_fft", [512, 640, 800, 1024])
def test_fft_there_and_back(n_fft):
    """The forward and inverse transforms are accurate to 1e-5 of the maximum of the double-precision transform.

    The inputs cover the full input range.
    """
    rng, plan = np.random.default_rng(n_fft), vocoder_tables.plan(n_fft)
    x = rng.integers(-(2**20), 2**20, (4, n_fft))
    x[0] = 2**20
    z = x.reshape(4, -1, 2).copy()
    fft.forward(z, plan)
    re, im = fft.spectrum(z, plan)
    wanted = 2 * np.fft.rfft(x)[:, 1:-1]
    assert np.abs(re[:, 1:] + 1j * im[:, 1:] - wanted).max() < 1e-5 * np.abs(wanted).max()
    bins = rng.integers(-(2**19), 2**19, (2, 4, n_fft // 2))
    bins[..., 0] = 0
    z = fft.signal_bins(*bins, plan)
    fft.inverse(z, plan)
    wanted = np.fft.irfft(np.pad(bins[0] + 1j * bins[1], ((0, 0), (0, 1))), n_fft) * n_fft
    assert np.abs(z.reshape(4, -1) - wanted).max() < 1e-5 * np.abs(wanted).max()


# -- NumPy and C --------------------------------------------------------------------------------------------------
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


def run_on_m4(
    folder: Path, files: dict[str, str], heads: dict, seed: int, core: str, prosody: Prosody = NEUTRAL
) -> tuple[np.ndarray, list[int], int]:
    """Run code for `core` on QEMU's mps2-an386.

    Returns (PCM, instructions per call, bytes of static memory).
    """
    for name, text in files.items():
        (folder / name).write_text(text)
    rows = rows_of(heads)
    (folder / "layout.h").write_text(
        layout({role: heads[role].shape[1] for role in ROLES if role in heads}, heads["pitch"].shape[1])
    )
    values = ",\n".join("{" + initialiser(row) + "}" for row in rows)
    (folder / "heads.h").write_text(
        f"enum {{ SEED = {seed}, FRAMES = {len(rows)} }};\n"
        f"static const struct ticktalk_prosody prosody = {{{', '.join(map(str, astuple(prosody)))}}};\n"
        f"static const int8_t heads[FRAMES][{rows.shape[1]}] = {{\n{values}}};\n"
    )
    sources = [
        folder / "vocoder.c",
        folder / "vocoder_fft.c",
        folder / "vocoder_tables.c",
        SUPPORT / "vocoder_m4.c",
        SUPPORT / "watch_kernels/bare.c",
        ROOT / "firmware_gen/templates/freestanding/memory.c",
    ]
    flags = [
        f"-mcpu={core}",
        "-mthumb",
        "-std=c11",
        "-O2",
        "-ffreestanding",
        "-fno-tree-loop-distribute-patterns",
        *WARNINGS,
    ]
    for source in sources:
        subprocess.run(
            [
                "arm-none-eabi-gcc",
                *flags,
                f"-I{folder}",
                f"-I{SUPPORT}",
                "--specs=picolibc.specs",
                "-c",
                source,
                "-o",
                folder / f"{source.stem}.o",
            ],
            check=True,
        )
    script = SUPPORT / "watch_kernels/m4.ld"
    subprocess.run(
        [
            "arm-none-eabi-gcc",
            f"-mcpu={core}",
            "-mthumb",
            *(folder / f"{source.stem}.o" for source in sources),
            "-nostartfiles",
            "--specs=picolibc.specs",
            f"-T{script}",
            "-o",
            folder / "program",
        ],
        check=True,
        capture_output=True,
    )
    done = subprocess.run(
        [
            "qemu-system-arm",
            "-M",
            "mps2-an386",
            "-display",
            "none",
            "-monitor",
            "none",
            "-serial",
            "none",
            "-icount",
            "shift=7,align=off,sleep=off",
            "-semihosting-config",
            "enable=on,target=native",
            "-kernel",
            folder / "program",
        ],
        capture_output=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=True,
    )
    rest, pcm, counts = done.stdout, [], []
    while rest:
        _, ticks, size = np.frombuffer(rest[:12], "<i4")
        counts.append(round(int(ticks) * 5 / 16))
        pcm.append(np.frombuffer(rest[12 : 12 + size], "<i2"))
        rest = rest[12 + size :]
    size = subprocess.run(
        ["arm-none-eabi-size", folder / "vocoder_m4.o"], capture_output=True, text=True, check=True
    ).stdout.split()
    return np.concatenate(pcm), counts, int(size[8])


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


# -- against floating point ---------------------------------------------------------------------------------------
def smooth_heads(frames: int, n_fft: int) -> dict[str, np.ndarray]:
    """Return speech-like heads: a vowel with hiss before and after it."""
    bins = np.arange(n_fft // 2 + 1) / (n_fft // 2)
    t = np.arange(frames)[:, None]
    real = {
        "harmonic": 3 - 6 * bins + np.sin(9 * bins + t / 7),
        "rotation": 0.8 * np.sin(5 * bins + t / 11),
        "noise": -3 - 3 * bins + 0 * t,
        "free": -2 - 3 * bins + 0 * t,
        "free_cos": np.cos(40 * bins + t),
        "free_sin": np.sin(40 * bins + t),
        "pitch": np.log(200 + 40 * np.sin(t / 9)) - PITCH_OFFSET,
        "voicing": (abs(t - frames / 2) < frames / 3) * 1.0,
    }
    return {
        role: np.clip(np.round(x / OUTPUTS[role][0]) + OUTPUTS[role][1], -128, 127).astype(np.int8)
        for role, x in real.items()
    }


@pytest.mark.parametrize("n_fft", [512, 640, 800])
def test_integer_synthesis_is_close_to_float(n_fft):
    """The error is at least 36 dB below the signal.

    The reference is a double-precision synthesis with the same heads, pitch and noise.
    """
    heads, frames, hop = smooth_heads(96, n_fft), 96, 200
    tables = vocoder_tables.tables_of_voice(OUTPUTS, factor=n_fft / 1200, pitch_offset=PITCH_OFFSET)
    vocoder = Vocoder(tables, hop, n_fft, seed=7)
    noise = np.zeros((frames, n_fft // 2 + 1), complex)
    drawn, _ = vocoder.noise(frames, 7)
    noise[:, 1:-1] = drawn @ [1, 1j] / 2**31 * np.sqrt(3)
    real = {role: (heads[role].astype(float) - OUTPUTS[role][1]) * OUTPUTS[role][0] for role in heads}
    f0 = np.where(real["voicing"][:, 0] > 0.5, np.exp(real["pitch"][:, 0] + PITCH_OFFSET), 0)
    wanted = vocoder_float.synthesise(real, f0, hop, n_fft, 16000, n_fft / 1200, noise) * 32768
    pcm = vocoder.frames(heads)
    assert 10 * np.log10(np.sum(wanted**2) / np.sum((pcm - wanted) ** 2)) > 36
    assert np.abs(pcm).max() > 3000


def test_noise_is_white_and_depends_on_the_seed():
    vocoder = Vocoder(vocoder_tables.tables_of_voice(OUTPUTS, pitch_offset=PITCH_OFFSET), 200, 800)
    noise, state = vocoder.noise(500, 1)
    assert abs(noise.mean() / 2**31) < 0.005 and abs(noise.std() / 2**31 - 3**-0.5) < 0.005
    flat = noise.reshape(-1) / 2**31
    for lag in (1, 2, 399, 798, 1596):
        assert abs(np.mean(flat[lag:] * flat[:-lag])) < 0.005
    again, _ = vocoder.noise(1, state)
    longer, _ = vocoder.noise(501, 1)
    np.testing.assert_array_equal(again[0], longer[500])
