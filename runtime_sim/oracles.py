"""Run independent implementations of a graph through one interface, and list their known errors.

An oracle is created from the bytes of a .tflite file. Like the simulator, it provides `run(inputs) -> {tensor index:
array}`. `tflm` is TFLite Micro itself, which defines the correct result. `litert` runs LiteRT's reference kernels.
Each oracle runs in its own process (oracle_child.py). If a model crashes the process, a one-line `OracleError` is
raised.
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
from ticktalk.runtime_sim.graphs.tflite_schema import CUSTOM
from ticktalk.runtime_sim.ops import detection_postprocess
from ticktalk.runtime_sim.oracle_child import receive, send
from ticktalk.system import processes

TFLM_PACKAGE = "tflite-micro==0.dev20261023182759"

# Operators whose LiteRT reference kernels (as in tflite-runtime 2.14) differ from TFLite Micro, with the reason.
LITERT_DIFFERS = {
    "ADD_N": "LiteRT has no int8 kernel",
    "ASSIGN_VARIABLE": "LiteRT's variables have no value before the first assignment",
    "BATCH_MATMUL": "LiteRT reads broadcast batches of the second operand from the wrong address",
    "BROADCAST_TO": "LiteRT requires a newer version of the operator than TFLite Micro",
    "CUMSUM": "LiteRT has no int8 kernel",
    "ELU": "LiteRT requires a newer version of the operator than TFLite Micro",
    "FULLY_CONNECTED": "LiteRT scales in double, and reads only the first row of rank-3 inputs with per-channel scales",
    "LOGISTIC": "LiteRT rounds a table computed in floating point",
    "MUL": "LiteRT rounds the factor to float32, which changes int16 results",
    "REVERSE_V2": "LiteRT reverses several axes incorrectly",
    "SOFTMAX": "LiteRT rounds the tables for int16 differently",
    "SUM": "LiteRT does not rescale the sums",
    "SVDF": "LiteRT reads int8 time weights and states as int16",
    "TRANSPOSE_CONV": "LiteRT uses 31-bit multipliers for int16 without a bias",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "LiteRT needs the intermediate tensors of the converter",
    "TANH": "LiteRT rounds a table computed in floating point",
    **dict.fromkeys(CUSTOM.values(), "LiteRT does not have this operator"),
}


_NAMES = {"tflm": "TFLite Micro", "litert": "LiteRT"}
ROOMY = 1 << 26  # arena size in bytes, enough for any model intended for a watch
_PROGRAM = Path(__file__).with_name("oracle_child.py")


class _Child:
    """The process that runs one oracle for all models. The process is restarted if it has terminated."""

    def __init__(self, oracle: str):
        self.oracle, self._name = oracle, _NAMES[oracle]
        self._process: processes.Child | None = None
        self._lock = threading.RLock()
        self.generation = 0
        self.unused: list[int] = []  # numbers of the models to drop with the next message

    def ask(self, message: dict, arrays: Iterable[np.ndarray] = ()) -> tuple[dict, list[np.ndarray]]:
        """Send a request and return the response.

        Raises `OracleError` if the oracle refuses the model or crashes, and `MissingToolError` if it is not installed.
        """
        with self._lock:
            process = self.started()
            try:
                drop = [self.unused.pop() for _ in range(len(self.unused))]
                send(_pipe(process.stdin), message | {"drop": drop}, arrays)
                answer, found = receive(_pipe(process.stdout))
            except (EOFError, OSError):
                raise OracleError(f"model: {self._name} crashes on it ({self._end(process)})") from None
            except BaseException:
                self._end(process)  # otherwise the next request would receive this response
                raise
        if "missing" in answer:
            raise _missing(self.oracle)
        if "refused" in answer:
            raise OracleError(f"model: {self._name} refuses it: {answer['refused']}")
        return answer, found

    def started(self) -> processes.Child:
        """Return the process, starting it if necessary."""
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
        """Stop the process and return its signal or exit code, for example "SIGSEGV" or "exit code 1"."""
        try:
            code = process.wait(1)
        except subprocess.TimeoutExpired:
            code = None
        self.close()
        if code is None:
            return "no answer"
        # If a shell runs the process, it reports a signal as 128 plus its number.
        number = -code if code < 0 else code - 128
        return signal.Signals(number).name if number in set(signal.Signals) else f"exit code {code}"

    def close(self) -> None:
        """Stop the process."""
        if self._process is not None:
            self._process.end()
            for pipe in (self._process.stdin, self._process.stdout):
                with suppress(OSError):
                    _pipe(pipe).close()
            self._process = None


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    """Return `stream`, which must have been opened as a pipe."""
    if stream is None:
        raise ValueError("the process has no such pipe")
    return stream


@cache
def _child(oracle: str, _process: int) -> _Child:
    child = _Child(oracle)
    atexit.register(child.close)
    return child


def child_of(oracle: str) -> _Child:
    """Return the child process for "tflm" or "litert", one per Python process.

    Raises `MissingToolError` if the oracle is not installed.
    """
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
    """A model loaded in an oracle's process. The model is reloaded if a different model has crashed the process."""

    _numbers = count()

    def __init__(self, oracle: str, data: bytes):
        self.graph: Graph = load_graph(data)
        self._child, self._number, self._generation = child_of(oracle), next(self._numbers), 0
        weakref.finalize(self, self._child.unused.append, self._number)
        self._hidden = {i for i in self.graph.variables if i in self.graph.producers and self._assigned(i)}
        self._written = sorted(self.graph.producers.keys() - self._hidden - self.graph.own_states)
        # The arena holds all tensors, because each one is preserved. The remainder is for TFLite Micro's bookkeeping.
        sizes = sum(tensor.nbytes + 64 for tensor in self.graph.tensors)
        scratch = sum(detection_postprocess.scratch_bytes(each, self.graph) for each in self._detections())
        self._arena = min(scratch, ROOMY) + 4 * sizes + 4096 * len(self.graph.operators) + (1 << 20)
        self._data = data if oracle == "tflm" else _with_outputs(data, self._written)
        self._load()

    def _assigned(self, index: int) -> bool:
        return self.graph.producers[index].name == "ASSIGN_VARIABLE"

    def _detections(self) -> list[Operator]:
        return [operator for operator in self.graph.operators if operator.name == "DETECTION_POSTPROCESS"]

    def _load(self) -> None:
        self._child.started()
        if self._generation != self._child.generation:
            message = {"do": "load", "oracle": self._child.oracle, "model": self._number, "arena": self._arena}
            self._child.ask(message, [np.frombuffer(self._data, np.uint8)])
            self._generation = self._child.generation

    def run(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Return every tensor that an operator writes, by tensor index. The model's variables are reset.

        Raises `OracleError` if the model fails.
        """
        if self.graph.variables:
            self._generation = -1
        return self.step(inputs)

    def step(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Like `run`, but the model's variables keep the values from the previous step."""
        self._load()
        message = {"do": "run", "model": self._number, "tensors": self._written}
        found = self._child.ask(message, inputs)[1]
        tensors = self.graph.tensors
        results = {index: each.reshape(tensors[index].shape) for index, each in zip(self._written, found, strict=True)}
        known = results | dict(zip(self.graph.inputs, inputs, strict=True))
        for index in self._hidden:  # no oracle can read a resource variable
            value = self.graph.producers[index].inputs[0]
            results[index] = known[value] if value in known else tensors[value].constant
        for operator in self._detections():
            detection_postprocess.clear(operator, results)
        return results


def _with_outputs(data: bytes, outputs: list[int]) -> bytes:
    """Make `outputs` the outputs of the model in `data`, by appending a vector and updating the subgraph's offset.

    Intermediate tensors share memory and may hold stale values. Preserving all tensors does not help, because ADD
    and similar operators still overwrite their input. Outputs are never overwritten.
    """
    place = Reader(data).root().tables(2)[0].place(2)
    if place is None:  # load_graph refuses a graph without outputs
        raise OracleError("model: the graph has no outputs")
    model = bytearray(data + bytes(-len(data) % 4))
    struct.pack_into("<I", model, place, len(model) - place)
    return bytes(model) + struct.pack(f"<I{len(outputs)}i", len(outputs), *outputs)


def tflm(data: bytes) -> Oracle:
    """Return TFLite Micro's interpreter for the model in `data`. Raises `MissingToolError` or `ModelError`."""
    return Oracle("tflm", data)


def litert(data: bytes) -> Oracle:
    """Return LiteRT's reference interpreter for the model in `data`. Raises `MissingToolError` or `ModelError`."""
    return Oracle("litert", data)


def arena_bytes(data: bytes, most: int = ROOMY) -> int:
    """Return the size in bytes of the smallest arena in which TFLite Micro can allocate the model's tensors.

    The size applies to a 64-bit machine. The result is a multiple of 16, and at most `most`. Raises `MissingToolError`
    or `OracleError`.
    """
    return child_of("tflm").ask({"do": "arena", "most": most}, [np.frombuffer(data, np.uint8)])[0]["bytes"]


def comparable(operator: Operator) -> bool:
    """Return whether LiteRT's reference kernel of `operator` gives the same results as TFLite Micro.

    If the results differ, all later tensors differ as well. Compare such an operator in isolation, on TFLite Micro's
    inputs. The same applies to an operator that runs a graph with such an operator.
    """
    return operator.name not in LITERT_DIFFERS and all(
        comparable(each) for graph in operator.graphs for each in graph.operators
    )
