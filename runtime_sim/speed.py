"""Compare the simulator's speed with that of TFLite Micro: python -m ticktalk.runtime_sim.speed VOICE_FOLDER [TEXT]

Each implementation runs every utterance through both graphs on one thread. The two alternate. The table shows the
lowest processor time out of ROUNDS runs. TFLite Micro runs the unmodified graphs chunk by chunk and returns only their
outputs. `whole` is the simulator's time from text to PCM, including the conversion to phonemes.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.system import signals

if TYPE_CHECKING:  # NumPy reads the number of threads from the environment when it is imported
    from collections.abc import Callable

    import numpy as np

    from ticktalk.runtime_sim.speech import Speaker

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
TEXT = "It is seven thirty. Time to run. The quick brown fox jumps over the lazy dog, and nobody was surprised by it."
ROUNDS = 7


class TfliteMicro:
    """TFLite Micro's interpreter for one graph, with Simulator's interface. This interpreter returns only the graph's
    outputs."""

    def __init__(self, model: bytes, outputs: tuple[int, ...]):
        try:
            from tflite_micro import runtime
        except ImportError:
            from ticktalk.runtime_sim.errors import MissingToolError
            from ticktalk.runtime_sim.oracles import TFLM_PACKAGE

            raise MissingToolError(f"TFLite Micro is missing: pip install {TFLM_PACKAGE}") from None
        self.interpreter, self.outputs = runtime.Interpreter.from_bytes(model), outputs

    def run(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Return the graph's outputs, keyed by tensor index."""
        self.interpreter.set_input(inputs[0], 0)
        self.interpreter.invoke()
        return {index: self.interpreter.get_output(position) for position, index in enumerate(self.outputs)}


def measure(folder: Path, text: str) -> None:
    """Print the table.

    Raises `VoiceError` or `MissingToolError`, or `ModelError` if the two implementations disagree.
    """
    import numpy as np

    from ticktalk.runtime_sim.errors import ModelError
    from ticktalk.runtime_sim.speech import Speaker, frame_ends, frame_rows, utterances
    from ticktalk.runtime_sim.voice import load_voice

    voice = load_voice(folder)
    models = {graph: voice.models[name] for name, graph in voice.graphs.items()}
    ours, theirs = Speaker(voice), Speaker(voice, lambda graph: TfliteMicro(models[graph], graph.outputs))
    parts = list(utterances(voice, text))
    rows = {"phoneme": [voice.embedding[np.asarray(ids)] for ids, _ in parts]}
    spoken = [ours.rows("phoneme", each) for each in rows["phoneme"]]
    rows["frame"] = [
        frame_rows(voice.tables, each["hidden"], frame_ends(voice.tables["duration"], each["duration"][:, 0]))
        for each in spoken
    ]
    seconds = sum(map(len, rows["frame"])) * voice.manifest["hop"] / voice.manifest["sample_rate"]
    print(f"{seconds:.2f} s of speech, {len(parts)} utterances, one thread, processor time in milliseconds")
    total = {"simulator": 0.0, "TFLite Micro": 0.0}
    for name, each in rows.items():
        for one in each:
            mine, other = ours.rows(name, one), theirs.rows(name, one)
            if any(not np.array_equal(mine[role], other[role]) for role in mine):
                raise ModelError(f"{folder}: TFLite Micro's output for the graph '{name}' differs from the simulator's")
        times: dict[str, list[float]] = {label: [] for label in total}
        for _ in range(ROUNDS):
            for label, speaker in zip(total, (ours, theirs)):
                times[label].append(_cpu(partial(_through, speaker, name, each)))
        least = {label: min(values) for label, values in times.items()}
        _row(name, *least.values())
        total = {label: total[label] + least[label] for label in total}
    _row("both graphs", *total.values())
    whole = min(_cpu(lambda: [ours.speak(*part) for part in utterances(voice, text)]) for _ in range(ROUNDS))
    print(f"whole         {1e3 * whole:8.1f}  {seconds / whole:.1f} times real time")


def _through(speaker: Speaker, name: str, each: list[np.ndarray]) -> None:
    for rows in each:
        speaker.rows(name, rows)


def _row(name: str, simulator: float, tflite_micro: float) -> None:
    print(
        f"{name:12}  {1e3 * simulator:8.1f}  TFLite Micro {1e3 * tflite_micro:8.1f}  {tflite_micro / simulator:.1f} "
        f"times faster"
    )


def _cpu(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ticktalk.runtime_sim.speed",
        description="Compare the simulator's speed with that of the TFLite Micro wheel.",
    )
    parser.add_argument("voice", type=Path, help="voice folder")
    parser.add_argument("text", nargs="?", default=TEXT, help="text to speak")
    arguments = parser.parse_args()
    os.environ.update(dict.fromkeys(THREADS, "1"))  # must precede the import of NumPy
    try:
        measure(arguments.voice, arguments.text)
    except Exception as error:
        if not hasattr(error, "exit_code"):
            raise
        print("error:", error, file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    sys.exit(signals.run(main))
