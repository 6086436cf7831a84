"""The vocoder in C, compiled for the host and for an emulated core, and random and smooth input for it."""

import subprocess
from dataclasses import astuple
from pathlib import Path

import numpy as np

from tests.support.paths import ROOT, SUPPORT
from ticktalk.firmware_gen.graph.arrays import initialiser
from ticktalk.firmware_gen.vocoder_source import compile_tables
from ticktalk.runtime_sim.prosody import NEUTRAL, Prosody
from ticktalk.runtime_sim.vocoder.finish import Finish

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
EXPRESSIVE = [
    Prosody(pitch=-5, expression=0),
    Prosody(pitch=3, expression=128),
    Prosody(pitch=2, expression=400),
    Prosody(pitch=-2, whisper=1),
]


def full(n_fft: int) -> dict[str, int]:
    """Return the widths of the spectral heads of a voice that uses all bins."""
    return dict.fromkeys(ROLES, n_fft // 2 + 1)


def random_heads(rng, frames: int, bins: dict[str, int], channels: int = 1) -> dict[str, np.ndarray]:
    """Return random int8 heads, with voiced runs of random length and some constant spectra at the int8 limits."""
    widths = {"pitch": channels, "voicing": 1} | bins
    heads = {role: rng.integers(-128, 128, (frames, width)).astype(np.int8) for role, width in widths.items()}
    heads["voicing"][:, 0] = np.repeat(rng.choice([-128, 127], frames), rng.integers(1, 9, frames))[:frames]
    heads["rise"] = np.repeat(rng.choice([-6, 0, 8, 14], frames), rng.integers(1, 9, frames))[:frames, None].astype(
        np.int8
    )
    for role in bins:
        rows = rng.random(frames) < 0.2
        heads[role][rows] = rng.choice([-128, 127], (rows.sum(), 1))
    return heads


def rows_of(heads: dict[str, np.ndarray]) -> np.ndarray:
    """Return one int8 row per frame, with the heads in the order of `layout`."""
    rise = heads.get("rise", np.zeros((len(heads["pitch"]), 1), np.int8))
    return np.concatenate([*(heads[role] for role in ("pitch", "voicing", *ROLES) if role in heads), rise], 1)


def layout(bins: dict[str, int], channels: int) -> str:
    """Return the text of layout.h for vocoder_main.c and vocoder_m4.c: the offset of each head in a row."""
    widths = {"pitch": channels, "voicing": 1} | bins
    at = dict(zip(widths, np.cumsum([0, *widths.values()]).tolist()))
    row = sum(widths.values()) + 1
    members = ", ".join(f".{role} = (row) + {offset}" for role, offset in at.items()) + f", .rise = (row)[{row - 1}]"
    return f"enum {{ ROW = {row} }};\n#define FRAME(row) {{{members}}}\n"


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
            [
                self.folder / "main",
                *map(str, (seed, len(rows), prosody.pitch, prosody.volume, prosody.expression, prosody.whisper)),
            ],
            input=rows.tobytes(),
            capture_output=True,
            check=True,
        )
        first, second = np.frombuffer(done.stdout, np.int16).reshape(2, -1)
        np.testing.assert_array_equal(first, second)
        return first


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
