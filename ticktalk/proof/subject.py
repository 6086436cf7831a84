"""The subjects of a proof: a voice with text to speak, or a model with inputs."""

import hashlib
from collections.abc import Callable
from dataclasses import astuple, replace
from itertools import chain
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import numpy as np

from ticktalk.boards.board import Board
from ticktalk.boards.console.client import Console, Result
from ticktalk.firmware_gen.graph.schedule import schedule
from ticktalk.proof.ticks import in_ticks, joined
from ticktalk.proof.trace import Graphs, Key, Trace
from ticktalk.runtime_sim.examples import examples_of
from ticktalk.runtime_sim.graphs.graph import Tensor
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.output_rate import OutputRate
from ticktalk.runtime_sim.prosody import NEUTRAL, Prosody
from ticktalk.runtime_sim.reading import OURS, front_end_of, unspoken
from ticktalk.runtime_sim.speech import GRAPH_IDS, Speaker, utterances
from ticktalk.runtime_sim.text.utf8 import encoded
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import readable_stem
from ticktalk.text import checked

INPUT_SETS = 3  # number of random input sets for a model
SEED = 1
# A proof also covers the first phonemes with three prosodies: fast, high, loud and lively; slow, low and monotone; and
# in between, whispered. Each emphasises the first word differently. They are distributed over the speakers, and
# repeated if there are more of them.
PROSODIES = (Prosody(512, 12, 512, 512), Prosody(128, -12, 300, 0), Prosody(333, -5, 171, 140, whisper=1))
PHONEMES = 6


Utterance = tuple[list[int], int, Prosody]  # ids, seed, prosody
Part = TypeVar("Part")


class Runner(Protocol):
    """Runs a graph: the simulator or an oracle."""

    def run(self, inputs: list[np.ndarray]) -> dict[int, np.ndarray]:
        """Return every tensor by index."""


class Subject(Graphs, Protocol[Part]):
    """A computation that consists of independent parts (utterances or sets of inputs).

    others: additional parts that only a proof computes.
    models: the .tflite bytes by graph id.
    streams: whether the C code processes a few rows at a time.
    left_out: parts of the text that the voice cannot pronounce. text: UTF-8 text from which firmware with a language
    pack, using SEED, derives exactly `parts`; or None. hash: SHA-256 in hexadecimal.
    """

    name: str
    hash: str
    models: dict[int, bytes]
    streams: bool
    left_out: list[str]
    text: bytes | None
    parts: list[Part]
    others: list[Part]

    @property
    def kind(self) -> Literal["voice", "model"]:
        """Whether the subject is a voice or a model."""

    @property
    def sample_rate(self) -> int | None:
        """The voice's sample rate, or None for a model."""

    def computer(self, runner: Callable[[int], Runner]) -> Callable[[Part], Trace]:
        """Return a function that computes the Trace of a part. `runner` maps a graph id to its Runner."""

    def output(self, pcm: np.ndarray) -> np.ndarray:
        """Return the samples that the C code returns for a whole speech with the voice's own samples `pcm`."""

    def export(self, board: Board, folder: Path) -> Path:
        """Write the C project and return its folder."""

    def on_host(self, part: Part) -> tuple[list[str], bytes]:
        """Return the arguments and the standard input of the host program."""

    def on_device(self, console: Console, part: Part, trace: bool) -> Result:
        """Compute a part on the device and return the result."""


# Any subject. Callers treat its parts as opaque, and pass them back only to the same subject.
AnySubject = Subject[Any]


class VoiceSubject:
    """A subject consisting of a voice and text to speak. Each part is an utterance."""

    kind: Literal["voice"] = "voice"

    def __init__(
        self,
        voice: Voice,
        text: str | None = None,
        front_end: str | None = None,
        pack: str | None = None,
        output_rate: int | None = None,
        stereo: bool = False,
    ):
        """`text` is by default a short sentence in the voice's language. `front_end` reads the text; the default is the
        watch's. The other arguments are those of `export_voice`."""
        text = examples_of(voice).short if text is None else text
        self.output_rate, self.stereo = output_rate, stereo
        own = front_end_of(voice)
        self.front_end, self.pack = front_end or own, pack
        self.text = encoded(text) if self.front_end == own and own.startswith(OURS) else None
        self.voice, self.hash = voice, voice.hash
        self.name: str = voice.manifest["name"]
        self.graph_names = {number: name for name, number in GRAPH_IDS.items()}
        self.graphs = {number: voice.graphs[name] for name, number in GRAPH_IDS.items()}
        self.models = {number: voice.models[name] for name, number in GRAPH_IDS.items()}
        self.streams, self.left_out = True, unspoken(voice, text, self.front_end)
        self.plans = {number: schedule(graph) for number, graph in self.graphs.items()}
        self.sample_rate: int = voice.manifest["sample_rate"]
        spoken = checked(utterances(voice, text, front_end=self.front_end), text)
        self.parts: list[Utterance] = [(ids, seed, NEUTRAL) for ids, seed in spoken]
        (*ids, edge), seed, _ = self.parts[0]
        speakers, marks = max(1, len(voice.speakers)), list(voice.marks)
        self.others: list[Utterance] = [
            (
                [ids[0], *marks[k % len(PROSODIES) :][:1], *ids[1 : 1 + PHONEMES], edge],
                seed,
                replace(PROSODIES[k % len(PROSODIES)], speaker=(k + 1) % speakers),
            )
            for k in range(max(len(PROSODIES), speakers - 1))
        ]

    def computer(self, runner: Callable[[int], Runner]) -> Callable[[Utterance], Trace]:
        """Return a function that computes the Trace of a part. `runner` maps a graph id to its Runner."""
        numbers = {id(graph): number for number, graph in self.graphs.items()}
        speaker = Speaker(self.voice, lambda graph: runner(numbers[id(graph)]))

        def compute(part: Utterance) -> Trace:
            # The simulator processes chunks with context on both sides. The C code processes the same rows, but only a
            # few at a time.
            chunks: dict[int, list[dict[int, np.ndarray]]] = {number: [] for number in self.graphs}
            ids, seed, prosody = part
            pcm = speaker.speak(ids, seed, lambda graph, invocation, tensors: chunks[graph].append(tensors), prosody)
            computed = Trace(pcm=self.output(pcm), native=pcm)
            for number, rows in zip(self.graphs, (len(ids), len(pcm) // self.voice.manifest["hop"])):
                of_graph = self.voice.manifest["graphs"][self.graph_names[number]]
                whole = joined(self.plans[number], chunks[number], of_graph["chunk"])
                computed.tensors |= in_ticks(self.plans[number], number, whole, rows + 2 * of_graph["context"])
            return computed

        return compute

    def export(self, board: Board, folder: Path) -> Path:
        """Write the C project and return its folder."""
        from ticktalk.firmware_gen.export import export_voice
        from ticktalk.fit.speed import check_speed

        check_speed(self.voice, board)
        return export_voice(self.voice, board, folder, text=self.pack, output_rate=self.output_rate, stereo=self.stereo)

    def output(self, pcm: np.ndarray) -> np.ndarray:
        """Return the samples that the C code returns for a whole speech with the voice's own samples `pcm`."""
        if self.output_rate not in (None, self.sample_rate):
            converter = OutputRate(self.sample_rate, self.output_rate)
            pcm = np.concatenate([converter.push(pcm), converter.finish()])
        return np.repeat(pcm, 2) if self.stereo else pcm

    def on_host(self, part: Utterance) -> tuple[list[str], bytes]:
        """Return the arguments and the standard input of the host program."""
        ids, seed, prosody = part
        options = zip(("-r", "-p", "-v", "-e", "-s", "-w"), astuple(prosody))
        return [*map(str, (*chain.from_iterable(options), seed, *ids))], b""

    def on_device(self, console: Console, part: Utterance, trace: bool) -> Result:
        """Compute a part on the device and return the result."""
        ids, seed, prosody = part
        console.prosody(*astuple(prosody))
        return console.speak(ids, seed=seed, trace=trace)


class ModelSubject:
    """A subject made from a .tflite file and random inputs. Each part is a list of input arrays.

    If `stream` is set, the C code processes a few rows at a time.
    """

    kind: Literal["model"] = "model"
    sample_rate: None = None

    def __init__(self, path: Path, stream: bool = False):
        from ticktalk.firmware_gen.export import read_model

        data = read_model(path)
        self.path, self.name, self.hash = path, readable_stem(path), hashlib.sha256(data).hexdigest()
        graph = load_graph(data, str(path))
        self.graph_names, self.graphs, self.models = {0: "model"}, {0: graph}, {0: data}
        self.streams, self.plan = stream, schedule(graph) if stream else None
        rng = np.random.default_rng(SEED)
        self.parts = [[_random(rng, graph.tensors[index]) for index in graph.inputs] for _ in range(INPUT_SETS)]
        self.others: list[list[np.ndarray]] = []
        self.text: bytes | None = None
        self.left_out: list[str] = []

    def computer(self, runner: Callable[[int], Runner]) -> Callable[[list[np.ndarray]], Trace]:
        """Return a function that computes the Trace of a part. `runner` maps a graph id to its Runner."""
        run = runner(0).run
        if plan := self.plan:
            axis = plan.axis(self.graphs[0].inputs[0])
            return lambda part: Trace({**in_ticks(plan, 0, run(part), part[0].shape[axis])})
        return lambda part: Trace({Key(0, 0, index): value for index, value in run(part).items()})

    def output(self, pcm: np.ndarray) -> np.ndarray:
        """Return `pcm`; a model has no samples."""
        return pcm

    def export(self, board: Board, folder: Path) -> Path:
        """Write the C project and return its folder."""
        from ticktalk.firmware_gen.export import export_model

        return export_model(self.path, board, folder, stream=self.plan is not None)

    def on_host(self, part: list[np.ndarray]) -> tuple[list[str], bytes]:
        """Return the arguments and the standard input of the host program."""
        return [], b"".join(array.tobytes() for array in part)

    def on_device(self, console: Console, part: list[np.ndarray], trace: bool) -> Result:
        """Compute a part on the device and return the result."""
        for number, array in enumerate(part):
            console.write(array.tobytes(), number)
        return console.run(trace=trace)


def _random(rng: np.random.Generator, tensor: Tensor) -> np.ndarray:
    if tensor.dtype.kind == "f":  # the model quantises its own input
        return rng.normal(0, 2, tensor.shape).astype(tensor.dtype)
    if tensor.dtype == np.bool_:
        return rng.integers(0, 2, tensor.shape).astype(np.bool_)
    limits = np.iinfo(tensor.dtype)
    return rng.integers(limits.min, limits.max, tensor.shape, tensor.dtype, endpoint=True)
