"""What is proved: a voice saying a text, or a model on inputs. Both answer the same few questions.

parts: what is computed one after the other (utterances, input sets); others: what only a proof computes besides;
graphs, graph_names, models: by graph id; streams: whether the C takes a few rows at a time; left_out: what of the text
the voice cannot say; computer(runner): a function from a part to its Trace, by what `runner(graph id)` makes;
export(board, folder); on_host(part): arguments and standard input of the host program; on_device(console, part, trace):
the console's Result."""

import hashlib
from dataclasses import astuple
from pathlib import Path

import numpy as np

from ticktalk.firmware_gen.graph.schedule import schedule
from ticktalk.proof.ticks import in_ticks, joined
from ticktalk.proof.trace import Key, Trace
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.prosody import NEUTRAL, Prosody
from ticktalk.runtime_sim.speech import GRAPH_IDS, Speaker, unspoken, utterances
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import readable_stem
from ticktalk.text import checked

TEXT = "It is seven thirty."
INPUT_SETS = 3  # random inputs that a model is tried on
SEED = 1
# How a proof lets the first phonemes be said besides: fastest, highest, loudest; slowest, lowest; something between.
PROSODIES, PHONEMES = (Prosody(512, 12, 512), Prosody(128, -12, 300), Prosody(333, -5, 171)), 6


class VoiceSubject:
    """A voice and a text; a part is an utterance: (ids, seed, Prosody)."""

    def __init__(self, voice: Voice, text: str = TEXT):
        self.voice, self.name, self.hash, self.kind = voice, voice.manifest["name"], voice.hash, "voice"
        self.graph_names = {number: name for name, number in GRAPH_IDS.items()}
        self.graphs = {number: voice.graphs[name] for name, number in GRAPH_IDS.items()}
        self.models = {number: voice.models[name] for name, number in GRAPH_IDS.items()}
        self.streams, self.left_out = True, unspoken(voice, text)
        self.plans = {number: schedule(graph) for number, graph in self.graphs.items()}
        self.sample_rate = voice.manifest["sample_rate"]
        self.parts = [(ids, seed, NEUTRAL) for ids, seed in checked(utterances(voice, text), text)]
        (*ids, edge), seed, _ = self.parts[0]
        self.others = [([*ids[: 1 + PHONEMES], edge], seed, prosody) for prosody in PROSODIES]

    def computer(self, runner):
        """A function from a part to its Trace, by what `runner(graph id)` makes."""
        numbers = {id(graph): number for number, graph in self.graphs.items()}
        speaker = Speaker(self.voice, lambda graph: runner(numbers[id(graph)]))

        def compute(part) -> Trace:
            # The simulator takes chunks, with what they look at on both sides; the C takes the same rows a few at a
            # time.
            chunks = {number: [] for number in self.graphs}
            ids, seed, prosody = part
            pcm = speaker.speak(ids, seed, lambda graph, invocation, tensors: chunks[graph].append(tensors), prosody)
            computed = Trace(pcm=pcm)
            for number, rows in zip(self.graphs, (len(ids), len(pcm) // self.voice.manifest["hop"])):
                of_graph = self.voice.manifest["graphs"][self.graph_names[number]]
                whole = joined(self.plans[number], chunks[number], of_graph["chunk"])
                computed.tensors |= in_ticks(self.plans[number], number, whole, rows + 2 * of_graph["context"])
            return computed

        return compute

    def export(self, board, folder: Path) -> Path:
        """The C project."""
        from ticktalk.firmware_gen.export import export_voice

        return export_voice(self.voice, board, folder)

    def on_host(self, part) -> tuple[list[str], bytes]:
        """Arguments and standard input of the host program."""
        ids, seed, prosody = part
        return [*map(str, ("-r", prosody.rate, "-p", prosody.pitch, "-v", prosody.volume, seed, *ids))], b""

    def on_device(self, console, part, trace: bool):
        """The console's Result of this part."""
        ids, seed, prosody = part
        console.prosody(*astuple(prosody))
        return console.speak(ids, seed=seed, trace=trace)


class ModelSubject:
    """A .tflite file and random inputs; a part is a list of input arrays. `stream`: a few rows of them at a time."""

    def __init__(self, path: Path, stream: bool = False):
        from ticktalk.firmware_gen.export import read_model

        data = read_model(path)
        self.path, self.name, self.hash, self.kind = (
            path,
            readable_stem(path),
            hashlib.sha256(data).hexdigest(),
            "model",
        )
        graph = load_graph(data, str(path))
        self.graph_names, self.graphs, self.models, self.sample_rate = {0: "model"}, {0: graph}, {0: data}, None
        self.streams, self.plan = stream, schedule(graph) if stream else None
        rng = np.random.default_rng(SEED)
        self.parts = [[_random(rng, graph.tensors[index]) for index in graph.inputs] for _ in range(INPUT_SETS)]
        self.others, self.left_out = [], []

    def computer(self, runner):
        """See VoiceSubject."""
        run = runner(0).run
        if self.plan:
            axis = self.plan.tensors[self.graphs[0].inputs[0]].axis
            return lambda part: Trace(in_ticks(self.plan, 0, run(part), part[0].shape[axis]))
        return lambda part: Trace({Key(0, 0, index): value for index, value in run(part).items()})

    def export(self, board, folder: Path) -> Path:
        """The C project."""
        from ticktalk.firmware_gen.export import export_model

        return export_model(self.path, board, folder, stream=self.plan is not None)

    def on_host(self, part) -> tuple[list[str], bytes]:
        """Arguments and standard input of the host program."""
        return [], b"".join(array.tobytes() for array in part)

    def on_device(self, console, part, trace: bool):
        """The console's Result of this part."""
        for number, array in enumerate(part):
            console.write(array.tobytes(), number)
        return console.run(trace=trace)


def _random(rng, tensor) -> np.ndarray:
    if tensor.dtype.kind == "f":  # the edge of a model that quantises its input itself
        return rng.normal(0, 2, tensor.shape).astype(tensor.dtype)
    limits = np.iinfo(tensor.dtype)
    return rng.integers(limits.min, limits.max, tensor.shape, tensor.dtype, endpoint=True)
