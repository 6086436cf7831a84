"""Train the smallest possible student on synthetic features, in its own process:

    python -m tests.support.minimal_training FOLDER STEPS [--resume] [--learning-rate RATE]

The program prints a line "epoch N LOSS" after every epoch and finally "weights SHA-256", the hash of all weights. The
weights are saved in FOLDER/weights-RANK.npz. If a DistillError is raised, the program prints a line "error: ..." and
exits with code 11.
"""

import os
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT

# Keras imports these packages if they are installed, which takes seconds. Training on JAX does not use these packages.
UNUSED = ("matplotlib", "sklearn", "tensorflow")
EPOCH = 50  # steps


def started(folder: Path, steps: int, *options: str, **environment: str) -> subprocess.Popen:
    """Start the program and return the process, whose `stdout` is a pipe."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.support.minimal_training", str(folder), str(steps), *options],
        cwd=ROOT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"KERAS_BACKEND": "jax"} | environment,
    )


def lines_of(process: subprocess.Popen) -> list[str]:
    """Wait for the process to exit, and return the lines of its output."""
    return process.communicate(timeout=900)[0].splitlines()


def features():
    """Return the features of six random utterances of 20 phonemes each. The seed is fixed."""
    import numpy as np

    from ticktalk.converter.storage.shards import Features

    rng, made = np.random.default_rng(0), Features([], [], [])
    for _ in range(6):
        durations = rng.integers(1, 6, 20)
        frames = np.abs(rng.standard_normal((durations.sum(), 3))).astype(np.float32)
        frames[:, 1] = frames[:, 1] > 0.5
        made.phonemes.append(np.stack([rng.integers(1, 170, 20), durations], 1))
        made.frames.append(frames)
        made.spectra.append(rng.standard_normal((len(frames), 5, 401)).astype(np.float16))
    return made


def main(folder: Path, steps: int, resume: bool, rate: float) -> None:
    """Train a student, and print the lines that the module's docstring describes."""
    import hashlib

    import numpy as np

    sys.modules |= dict.fromkeys(UNUSED)  # importing one of them raises ImportError
    from ticktalk.converter.training import budgets, processes
    from ticktalk.converter.training.batches import BatchShape, normalisation
    from ticktalk.converter.training.budgets import Budget
    from ticktalk.converter.training.regression import build, train
    from ticktalk.converter.training.student import StudentConfig

    budgets.STEPS_AN_EPOCH = EPOCH
    processes.join()
    config = StudentConfig(
        phoneme_channels=8, phoneme_blocks=0, prosody_channels=8, prosody_blocks=0, channels=8, blocks=0
    )
    shape, made = BatchShape(size=4, frames=16, phonemes=24), features()
    student = build(config, normalisation(made), shape)
    train(
        student,
        made,
        folder,
        Budget(steps=steps),
        resume,
        peak=rate,
        shape=shape,
        report=lambda state: print("epoch", state["epoch"], repr(state["loss"]), flush=True),
    )
    processes.leave()
    weights = student.get_weights()
    np.savez(folder / f"weights-{processes.rank()}.npz", *weights)
    print("weights", hashlib.sha256(b"".join(weight.tobytes() for weight in weights)).hexdigest())


if __name__ == "__main__":
    from ticktalk.converter.errors import DistillError

    given = sys.argv[1:]
    try:
        main(
            Path(given[0]),
            int(given[1]),
            "--resume" in given,
            float(given[given.index("--learning-rate") + 1]) if "--learning-rate" in given else 2e-3,
        )
    except DistillError as error:
        print("error:", error)
        sys.exit(error.exit_code)
