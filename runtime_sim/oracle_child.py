"""The child process that runs an oracle, because its native code may crash on a model. See oracles.py.

This module imports nothing from ticktalk. Messages on standard input and output are little-endian:

    length u32, JSON {..., "arrays": [[dtype, shape], ...]}, then the bytes of the arrays

    {"do": "load", "oracle", "model": number, "arena"}, [model]     -> {}
    {"do": "run", "model": number, "tensors": indices}, inputs      -> {}, the tensors
    {"do": "arena", "most"}, [model]                                -> {"bytes": size of TFLite Micro's arena}

Each request also has "drop", which lists the numbers of models that are no longer needed. If the oracle refuses a
model, the response is {"refused": reason}. If a package is missing, the response is {"missing": its name}.
"""

import json
import os
import re
import struct
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, Protocol

import numpy as np


class _Oracle(Protocol):
    """A model that an oracle has loaded."""

    def run(self, inputs: list[np.ndarray], tensors: list[int]) -> list[np.ndarray]:
        """Invoke the model once and return the tensors with these indices."""


def send(stream: IO[bytes], message: dict, arrays: Iterable[np.ndarray] = ()) -> None:
    """Write a message and its arrays to a stream."""
    arrays = [np.ascontiguousarray(array) for array in arrays]
    head = json.dumps(message | {"arrays": [[array.dtype.str, array.shape] for array in arrays]}).encode()
    stream.write(struct.pack("<I", len(head)) + head)
    for array in arrays:
        stream.write(array.tobytes())
    stream.flush()


def receive(stream: IO[bytes]) -> tuple[dict, list[np.ndarray]]:
    """Read the next message and its arrays. Raises `EOFError` if the other process has exited."""
    message = json.loads(_exactly(stream, struct.unpack("<I", _exactly(stream, 4))[0]))
    arrays = []
    for kind, shape in message["arrays"]:
        dtype = np.dtype(kind)
        data = _exactly(stream, dtype.itemsize * int(np.prod(shape, dtype=np.int64)))
        arrays.append(np.frombuffer(data, dtype).reshape(shape))
    return message, arrays


def _exactly(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


class _Tflm:
    def __init__(self, model: bytes, arena: int):
        from tflite_micro import runtime

        keep = runtime.InterpreterConfig.kPreserveAllTensors
        self._interpreter = runtime.Interpreter.from_bytes(model, intrepreter_config=keep, arena_size=arena)

    def run(self, inputs: list[np.ndarray], tensors: list[int]) -> list[np.ndarray]:
        for position, value in enumerate(inputs):
            self._interpreter.set_input(value, position)
        if self._interpreter.invoke():
            raise RuntimeError("the invocation failed")
        return [np.array(self._interpreter.GetTensor(index, 0)["tensor_data"]) for index in tensors]


class _LiteRt:
    def __init__(self, model: bytes, _arena: int):
        try:
            from tflite_runtime.interpreter import Interpreter, OpResolverType
        except ImportError:
            from ai_edge_litert.interpreter import Interpreter, OpResolverType
        self._interpreter = Interpreter(model_content=model, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
        self._interpreter.allocate_tensors()

    def run(self, inputs: list[np.ndarray], tensors: list[int]) -> list[np.ndarray]:
        for detail, value in zip(self._interpreter.get_input_details(), inputs, strict=True):
            self._interpreter.set_tensor(detail["index"], value)
        self._interpreter.invoke()
        return [np.array(self._interpreter.get_tensor(index)) for index in tensors]


def arena(model: bytes, most: int) -> int:
    """Return the size in bytes of the smallest arena in which TFLite Micro can allocate the model's tensors.

    The result is a multiple of 16, and at most `most`.
    """
    from tflite_micro import runtime

    def fits(size: int) -> bool:
        with _captured_stderr():
            try:
                runtime.Interpreter.from_bytes(model, arena_size=size)
            except RuntimeError:
                return False
            return True

    with _captured_stderr() as report:
        try:
            runtime.Interpreter.from_bytes(model, arena_size=most).print_allocations()
        except RuntimeError:
            raise RuntimeError(f"its tensors do not fit in {most} bytes") from None
    # The reported size is a lower bound, because preparing the operators needs temporary memory. A much smaller arena
    # would crash TFLite Micro.
    total = re.search(rb"Arena allocation total (\d+) bytes", report[0])
    if total is None:
        raise RuntimeError("the allocated size was not reported")
    low = int(total[1]) // 16 - 1
    step = 1
    while not fits(16 * (low + step)):
        low, step = low + step, 2 * step
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if fits(16 * middle) else (middle, high)
    return 16 * high


@contextmanager
def _captured_stderr() -> Iterator[list[bytes]]:
    """Yield a list that receives, on exit, all output to file descriptor 2, including that of TFLM's C++ code."""
    captured: list[bytes] = []
    saved = os.dup(2)
    with tempfile.TemporaryFile() as file:
        os.dup2(file.fileno(), 2)
        try:
            yield captured
        finally:
            os.dup2(saved, 2)
            os.close(saved)
            file.seek(0)
            captured.append(file.read())


def main() -> None:
    """Handle requests until standard input is closed."""
    source, target = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # keeps the libraries' output out of the message stream
    oracles: dict[str, Callable[[bytes, int], _Oracle]] = {"tflm": _Tflm, "litert": _LiteRt}
    models: dict[int, _Oracle] = {}
    while True:
        try:
            message, arrays = receive(source)
        except EOFError:
            return
        answer: dict[str, int | str] = {}
        found: list[np.ndarray] = []
        for model in message["drop"]:
            models.pop(model, None)
        try:
            match message["do"]:
                case "load":
                    models[message["model"]] = oracles[message["oracle"]](arrays[0].tobytes(), message["arena"])
                case "run":
                    found = models[message["model"]].run(arrays, message["tensors"])
                case "arena":
                    answer = {"bytes": arena(arrays[0].tobytes(), message["most"])}
        except ImportError as error:
            answer = {"missing": str(error)}
        except Exception as error:  # libraries raise exceptions of many types when they refuse a model
            answer = {"refused": (str(error).strip() or "no reason given").splitlines()[0]}
        send(target, answer, found)


if __name__ == "__main__":
    main()
