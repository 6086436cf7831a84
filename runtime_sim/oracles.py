"""Run independent implementations of the same graphs behind one interface, and list their known errors.

An oracle is made from the bytes of a .tflite file and has `run(inputs) -> {tensor index: array}`, like the simulator.
`tflm` is TFLite Micro itself and decides what is correct. `litert` runs LiteRT's reference kernels. Each runs in its
own process (oracle_child.py). If a model crashes it, that becomes an OracleError of one line.
"""

import atexit
import os
import signal
import struct
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import IO

import numpy as np

from ticktalk.runtime_sim.errors import MissingToolError, OracleError
from ticktalk.runtime_sim.graphs.flatbuffer import Reader
from ticktalk.runtime_sim.graphs.graph import Graph, Operator
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.oracle_child import receive, send
from ticktalk.system import processes

TFLM_PACKAGE = "tflite-micro==0.dev20261023182759"

# Operators for which LiteRT's reference kernels (as in tflite-runtime 2.14) differ from TFLite Micro, and why.
LITERT_DIFFERS = {
    "BATCH_MATMUL": "it reads broadcast batches of the second operand from the wrong address",
    "FULLY_CONNECTED": "it scales in double, and computes only the first row of rank 3 inputs with per-channel weights",
    "LOGISTIC": "it rounds its table from float",
    "MUL": "it rounds its factor to float32, which changes int16 results",
    "SUM": "it does not rescale the sums",
    "TRANSPOSE_CONV": "it uses 31-bit multipliers for int16 without a bias",
    "TANH": "it rounds its table from float",
}


_NAMES = {"tflm": "TFLite Micro", "litert": "LiteRT"}
ROOMY = 1 << 26  # bytes, enough for any model that is meant for a watch
_PROGRAM = Path(__file__).with_name("oracle_child.py")


class _Child:
    """The process that runs one oracle for all models. If it has died, a new one is started."""

    def __init__(self, oracle: str):
        self.oracle, self._name = oracle, _NAMES[oracle]
        self._process: processes.Child | None = None
        self._lock = threading.RLock()
        self.generation = 0
        self.unused: list[int] = []  # models to drop with the next message

    def ask(self, message: dict, arrays: Iterable[np.ndarray] = ()) -> tuple[dict, list[np.ndarray]]:
        """Return its answer. Raises OracleError if it refuses or dies, MissingToolError if it is not installed."""
        with self._lock:
            process = self.started()
            try:
                drop = [self.unused.pop() for _ in range(len(self.unused))]
                send(_pipe(process.stdin), message | {"drop": drop}, arrays)
                answer, found = receive(_pipe(process.stdout))
            except (EOFError, OSError):
                raise OracleError(f"model: {self._name} crashes on it ({self._end(process)})") from None
            except BaseException:
                self._end(process)  # otherwise the next request would get this one's answer
                raise
        if "missing" in answer:
            raise _missing(self.oracle)
        if "refused" in answer:
            raise OracleError(f"model: {self._name} refuses it: {answer['refused']}")
        return answer, found

    def started(self) -> processes.Child:
        """Return the process, running."""
        if self._process is None or self._process.poll() is not None:
            self.close()
            self.generation += 1
            self._process = processes.Child(
                [sys.executable, "-P", _PROGRAM],
                stdin=processes.PIPE,
                stdout=processes.PIPE,
                stderr=subprocess.DEVNULL,
            )
        return self._process

    def _end(self, process: processes.Child) -> str:
        """End the process, and return how it ended: "SIGSEGV", "exit code 1"."""
        try:
            code = process.wait(1)
        except subprocess.TimeoutExpired:
            code = None
        self.close()
        if code is None:
            return "no answer"
        # A shell in between returns 128 plus the number.
        number = -code if code < 0 else code - 128
        return signal.Signals(number).name if number in set(signal.Signals) else f"exit code {code}"

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.end()
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(OSError):
                    _pipe(pipe).close()
            self._process = None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return a stream of a process that was started with a pipe for it."""
    if stream is None:
        raise ValueError("the process has no such pipe")
    return stream


@cache
def _child(oracle: str, _process: int) -> _Child:
    child = _Child(oracle)
    atexit.register(child.close)
    return child


def child_of(oracle: str) -> _Child:
    """Return this process' only child for "tflm" or "litert"; MissingToolError if the oracle is not installed."""
    if not any(map(_installed, _PACKAGES[oracle])):
        raise _missing(oracle)
    return _child(oracle, os.getpid())


_PACKAGES = {
    "tflm": ("tflite_micro",),
    "litert": ("tflite_runtime.interpreter", "ai_edge_litert.interpreter"),
}


def _installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:
        return False


def _missing(oracle: str) -> MissingToolError:
    package = {"tflm": TFLM_PACKAGE, "litert": "ai-edge-litert"}[oracle]
    return MissingToolError(f"{_NAMES[oracle]} is missing: pip install {package}")


class Oracle:
    """A model in an oracle's process. If another model killed the process, this one is loaded again."""

    _numbers = count()

    def __init__(self, oracle: str, data: bytes):
        self.graph: Graph = load_graph(data)
        self._child, self._number, self._generation = child_of(oracle), next(self._numbers), 0
        weakref.finalize(self, self._child.unused.append, self._number)
        self._written = sorted(self.graph.producers)
        # The arena holds all tensors, because every one is preserved. The rest is TFLite Micro's own bookkeeping.
        sizes = sum(tensor.nbytes + 64 for tensor in self.graph.tensors)
        self._arena = 4 * sizes + 4096 * len(self.graph.operators) + (1 << 20)
        self._data = data if oracle == "tflm" else _with_outputs(data, self._written)
        self._load()

    def _load(self) -> None:
        self._child.started()
        if self._generation != self._child.generation:
            message = {"do": "load", "oracle": self._child.oracle, "model": self._number, "arena": self._arena}
            self._child.ask(message, [np.frombuffer(self._data, np.uint8)])
            self._generation = self._child.generation

    def run(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Return every tensor that an operator writes, by index. Raises OracleError."""
        self._load()
        message = {"do": "run", "model": self._number, "tensors": self._written}
        found = self._child.ask(message, inputs)[1]
        tensors = self.graph.tensors
        return {index: values.reshape(tensors[index].shape) for index, values in zip(self._written, found, strict=True)}


def _with_outputs(data: bytes, outputs: list[int]) -> bytes:
    """Return the model with other outputs: append a new vector, and point the subgraph's offset to it.

    Inner tensors share memory and may hold stale values. Asking to preserve all of them is not enough, because ADD and
    similar operators still overwrite their input. Outputs are never overwritten.
    """
    place = Reader(data).root().tables(2)[0].place(2)
    if place is None:  # load_graph refuses a graph without outputs
        raise OracleError("model: the graph has no outputs")
    model = bytearray(data + bytes(-len(data) % 4))
    struct.pack_into("<I", model, place, len(model) - place)
    return bytes(model) + struct.pack(f"<I{len(outputs)}i", len(outputs), *outputs)


def tflm(data: bytes) -> Oracle:
    """Return TFLite Micro's interpreter for the model in `data`. Raises MissingToolError, ModelError."""
    return Oracle("tflm", data)


def litert(data: bytes) -> Oracle:
    """Return LiteRT's reference interpreter for the model in `data`. Raises MissingToolError, ModelError."""
    return Oracle("litert", data)


def arena_bytes(data: bytes, most: int = ROOMY) -> int:
    """Return the smallest arena in which TFLite Micro can allocate the model's tensors on this (64-bit) machine.

    The result is a multiple of 16 bytes up to `most`. Raises MissingToolError, OracleError.
    """
    return child_of("tflm").ask({"do": "arena", "most": most}, [np.frombuffer(data, np.uint8)])[0]["bytes"]


def comparable(operator: Operator) -> bool:
    """Whether LiteRT's reference kernel of `operator` computes the same as TFLite Micro.

    If it does not, later tensors differ as well, so compare such an operator alone, on TFLite Micro's inputs.
    """
    return operator.name not in LITERT_DIFFERS
