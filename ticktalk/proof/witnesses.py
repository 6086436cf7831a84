"""The implementations that are compared with the simulator. Each implementation returns the Trace of a part."""

import os
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import numpy as np

from ticktalk.boards.console.client import Console
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.proof.held import Held
from ticktalk.proof.subject import Part, Runner, Subject
from ticktalk.proof.trace import Checksum, Key, Trace, Value
from ticktalk.runtime_sim import oracles
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.system import processes

_RECORD = struct.Struct("<BHII")


Asked = TypeVar("Asked", contravariant=True)  # a Part, but cast for protocols that accept any part


class Witness(Protocol[Asked]):
    """An implementation of a subject."""

    name: str

    def compares(self, key: Key) -> bool:
        """Return whether this implementation should agree with the simulator on this tensor."""

    def stored(self, trace: Trace) -> Trace:
        """Return the channels of the simulator's tensors that this implementation computes."""

    def record(self, part: Asked) -> Trace:
        """Compute a part and return its Trace."""

    @property
    def fetch(self) -> Callable[[Key], bytes] | None:
        """A function that returns the bytes of a tensor of the last part. None if the Trace has no checksums."""


class Interpreter(Generic[Part]):
    """An oracle of runtime_sim. An oracle runs only the graphs; the simulator computes the rest of a voice.

    known_errors: whether some of the oracle's operators are known to differ. The outputs of such operators, and all
    tensors derived from them in the same invocation, are not compared. The simulator's values replace them in later
    computations.
    """

    fetch = None

    def __init__(
        self, name: str, oracle: Callable[[bytes], Runner], subject: Subject[Part], known_errors: bool = False
    ):
        self.name = name
        self._apart: dict[int, set[int]] = {
            number: _apart(graph) if known_errors else set() for number, graph in subject.graphs.items()
        }
        self._compute = subject.computer(
            lambda graph: _Filled(oracle(subject.models[graph]), Simulator(subject.graphs[graph]), self._apart[graph])
        )

    def compares(self, key: Key) -> bool:
        """Return whether this implementation should agree with the simulator on this tensor."""
        return key.tensor not in self._apart[key.graph]

    def stored(self, trace: Trace) -> Trace:
        """Return `trace`, because an interpreter computes all channels."""
        return trace

    def record(self, part: Part) -> Trace:
        """Compute a part and return its Trace."""
        return self._compute(part)


class _Compiled:
    """C code that holds only some tensors and channels in memory."""

    def __init__(self, name: str, held: Held):
        self.name, self._held = name, held

    def compares(self, key: Key) -> bool:
        """Return whether the C code holds this tensor in memory."""
        return self._held.whole(key)

    def stored(self, trace: Trace) -> Trace:
        """Return the channels of the simulator's tensors that the C code computes."""
        return self._held.part(trace)


class HostProgram(_Compiled, Generic[Part]):
    """The generated C code, built for this machine."""

    fetch = None

    def __init__(self, name: str, program: Path, subject: Subject[Part], held: Held):
        super().__init__(name, held)
        self._program, self._subject = program, subject

    def record(self, part: Part) -> Trace:
        """Compute a part. Raises BuildError if the program fails, for example because of a sanitiser."""
        arguments, stdin = self._subject.on_host(part)
        with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
            trace = Path(folder, "trace")
            output = self._run(arguments, stdin, {"TT_TRACE": str(trace)})
            data = trace.read_bytes()
        computed, at = Trace(), 0
        while at < len(data):
            graph, tensor, invocation, size = _RECORD.unpack_from(data, at)
            at += _RECORD.size
            computed.tensors[Key(graph, invocation, tensor)] = data[at : at + size]
            at += size
        if self._subject.kind == "voice":
            computed.pcm = np.frombuffer(output, np.int16)
        return computed

    def read(self, text: bytes, seed: int) -> np.ndarray:
        """Return the samples of text that the program reads itself, as int16 [n].

        Raises BuildError as `record` does.
        """
        return np.frombuffer(self._run(["-t", str(seed)], text, {}), np.int16)

    def _run(self, arguments: list[str], stdin: bytes, environment: dict[str, str]) -> bytes:
        done = processes.run([self._program, *arguments], input=stdin, env=os.environ | environment)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines() or ["no message"]
            telling = [line for line in said if "ERROR" in line or "runtime error" in line] or said
            raise BuildError(f"{self.name}: the program failed with status {done.returncode}: {telling[0]}")
        return done.stdout


class Device(_Compiled, Generic[Part]):
    """The firmware on a board, accessed through its console. Accumulates the instruction counts."""

    def __init__(self, name: str, console: Console, subject: Subject[Part], held: Held):
        super().__init__(name, held)
        self._console, self._subject = console, subject
        self.instructions = 0
        self._part: Part | None = None

    def record(self, part: Part) -> Trace:
        """Compute a part twice: first without tracing, to count instructions, and then with tracing."""
        self._part = part
        self.instructions += self._subject.on_device(self._console, part, trace=False).instructions
        result = self._subject.on_device(self._console, part, trace=True)
        tensors: dict[Key, Value] = {
            Key(t.graph, t.invocation, t.tensor): Checksum(t.size, t.crc) for t in result.traces
        }
        return Trace(tensors, np.frombuffer(result.pcm, "<i2"))

    def read(self, text: bytes, seed: int) -> np.ndarray:
        """Return the samples of text that the firmware reads itself, as int16 [n]."""
        self._console.prosody()
        return np.frombuffer(self._console.speak_text(text, seed=seed).pcm, "<i2")

    def fetch(self, key: Key) -> bytes:
        """Return the bytes of a tensor of the last part."""
        if self._part is None:
            raise ValueError("no part has been computed yet")
        self._console.dump(key.graph, key.tensor, key.invocation)
        return self._subject.on_device(self._console, self._part, trace=False).dumps.get(
            (key.graph, key.tensor, key.invocation), b""
        )


class _Filled:
    """Runs an oracle, but replaces the tensors in `apart` with the simulator's values."""

    def __init__(self, oracle: Runner, simulator: Simulator, apart: set[int]):
        self._oracle, self._simulator, self._apart = oracle, simulator, apart

    def run(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Return every tensor by index."""
        values = self._oracle.run(inputs)
        if self._apart:
            simulated = self._simulator.run(inputs)
            values |= {index: simulated[index] for index in self._apart}
        return values


def _apart(graph: Graph) -> set[int]:
    """Return the tensors that LiteRT's reference kernels compute differently, and all tensors derived from them."""
    apart: set[int] = set()
    for operator in graph.operators:
        if not oracles.comparable(operator) or apart.intersection(operator.inputs):
            apart.update(operator.outputs)
    return apart
