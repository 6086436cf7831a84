"""Convert phonemes to PCM in NumPy, exactly as the firmware does. docs/reference/voice-folder.md specifies each stage.

voice = load_voice("voices/heart")
for pcm in speak_text(voice, "It is seven thirty. Time to run."): ...
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from ticktalk.runtime_sim.emphasis import NONE, levels
from ticktalk.runtime_sim.errors import VoiceError
from ticktalk.runtime_sim.graphs.stretch import stretched
from ticktalk.runtime_sim.prosody import NEUTRAL, ONE, Prosody
from ticktalk.runtime_sim.reading import front_end_of, reader_of
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.runtime_sim.speaker_tables import with_speaker
from ticktalk.runtime_sim.unspoken import audible
from ticktalk.runtime_sim.vocoder.synthesis import Vocoder
from ticktalk.runtime_sim.voice import Voice

GRAPH_IDS = {"phoneme": 0, "frame": 1}
LONGEST = 8  # maximum chunks per run without a tracer; more would not fit in the cache

# trace(graph id, invocation, {tensor index: ndarray}): called after each invocation of a graph.
Tracer = Callable[[int, int, dict[int, np.ndarray]], None]


def ids_of(voice: Voice, phonemes: str) -> list[int]:
    """Return the ids of an utterance, including both edges; symbols unknown to the voice are dropped.

    Raises `VoiceError` if the utterance is too long.
    """
    edge, limit = (voice.manifest["phonemes"][key] for key in ("edge", "limit"))
    ids = [edge, *(voice.symbols[symbol] for symbol in phonemes if symbol in voice.symbols), edge]
    if len(ids) > limit:
        raise VoiceError(
            f"the utterance has {len(ids)} phonemes, including its edges, "
            f"but voice '{voice.manifest['name']}' allows at most {limit}"
        )
    return ids


def utterances(
    voice: Voice, text: str | bytes | Iterable[str], seed: int = 1, front_end: str | None = None
) -> Iterator[tuple[list[int], int]]:
    """Yield (ids, seed) for each utterance of `text`, in the form that a watch and `speak` accept.

    `reading.reader_of` describes `front_end`. The default is the front end that the voice's watch uses.
    """
    sentences = reader_of(voice, front_end or front_end_of(voice))
    spoken = (
        ids_of(voice, sentence)
        for piece in ([text] if isinstance(text, str | bytes) else text)
        for sentence in sentences(piece)
        if has_sound(voice, sentence)
    )
    for number, ids in enumerate(spoken):
        yield ids, (seed + number) & 0xFFFFFFFF  # each sentence has a different seed and therefore different noise


def has_sound(voice: Voice, phonemes: str) -> bool:
    """Return whether `phonemes` contains at least one phoneme of the voice, not just pauses and marks."""
    return audible(voice.symbols, phonemes)


def speak_text(
    voice: Voice,
    text: str,
    seed: int = 1,
    trace: Tracer | None = None,
    prosody: Prosody = NEUTRAL,
    front_end: str | None = None,
) -> Iterator[np.ndarray]:
    """Yield the PCM of the text, one int16 array per utterance, as it is computed."""
    speaker = Speaker(voice)
    for ids, utterance_seed in utterances(voice, text, seed, front_end):
        yield speaker.speak(ids, utterance_seed, trace, prosody)


def speak(
    voice: Voice, ids: list[int], seed: int = 1, trace: Tracer | None = None, prosody: Prosody = NEUTRAL
) -> np.ndarray:
    """Return the PCM of one utterance as int16 [frames * hop]. `ids` includes both edges."""
    return Speaker(voice).speak(ids, seed, trace, prosody)


class Speaker:
    """A voice with both graphs prepared, for speaking any number of utterances."""

    def __init__(self, voice: Voice, runner: Callable = Simulator):
        """`runner` creates an object with a `run` method from a Graph. The default is Simulator."""
        self.voice = voice
        self.runs = {name: runner(graph).run for name, graph in voice.graphs.items()}
        self._longer: dict[tuple[str, int], Callable | None] = {}
        self._longest = LONGEST if runner is Simulator else 1  # other runners cannot use a stretched graph

    def speak(
        self, ids: list[int], seed: int = 1, trace: Tracer | None = None, prosody: Prosody = NEUTRAL
    ) -> np.ndarray:
        """Return the PCM of one utterance as int16 [frames * hop].

        Raises `VoiceError` if an id is unknown or the number of ids is out of range, and `ProsodyError` if the voice
        does not have the speaker.
        """
        _, frames = self.heads(ids, trace, prosody.rate, prosody.speaker)
        return self.vocoder(seed, prosody).frames(frames)

    def vocoder(self, seed: int, prosody: Prosody = NEUTRAL) -> Vocoder:
        """Return the vocoder of one utterance."""
        hop, n_fft, rate = (self.voice.manifest[key] for key in ("hop", "n_fft", "sample_rate"))
        return Vocoder(self.voice.tables, hop, n_fft, seed, prosody, self.voice.finish, rate, self.voice.mean_pitch)

    def heads(
        self, ids: list[int], trace: Tracer | None = None, rate: int = ONE, speaker: int = 0
    ) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        """Run both graphs on one utterance.

        Returns the end frame of each phoneme, int64 [N], and the vocoder's input, {role: int8 [T, width]}. If a word is
        emphasised, that includes the `rise` of each frame, [T, 1].
        """
        limit, tables, known = self.voice.manifest["phonemes"]["limit"], self.voice.tables, len(self.voice.embedding)
        if not 1 <= len(ids) <= limit or not all(0 <= i < known for i in ids):
            raise VoiceError(f"ids must be a list of 1 to {limit} numbers below {known}")
        self.voice.check_speaker(speaker)
        spoken = self.rows("phoneme", phoneme_rows(self.voice, ids, speaker), trace)
        lengths, rises = np.array([*levels(ids, self.voice.marks, self.voice.symbols.get(" "))]).T
        ends = frame_ends(tables["duration"], spoken["duration"][:, 0], rate, lengths)
        frames = self.rows("frame", frame_rows(tables, spoken["hidden"], ends, speaker), trace)
        if rises.any():
            frames["rise"] = np.repeat(rises, np.diff(ends, prepend=0))[:, None].astype(np.int8)
        return ends, frames

    def rows(self, name: str, rows: np.ndarray, trace: Tracer | None = None) -> dict[str, np.ndarray]:
        """Run a whole utterance, given as int8 [n, channels], through one graph in chunks. Return {role: int8 [n,
        width]}."""
        graph, part = self.voice.graphs[name], self.voice.manifest["graphs"][name]
        chunk, context = part["chunk"], part["context"]
        chunks = -(-len(rows) // chunk)
        # Rows outside the utterance equal the input's zero point.
        padded = np.full(
            (2 * chunks * chunk + 2 * context, rows.shape[1]), graph.tensors[graph.inputs[0]].zero_point, np.int8
        )
        padded[context : context + len(rows)] = rows
        pieces: dict[str, list[np.ndarray]] = {role: [] for role in part["outputs"]}
        done = 0
        while done < chunks:
            start, (run, length) = (
                done * chunk,
                (self.runs[name], 1) if trace else self._longer_run(name, chunks - done),
            )
            tensors = run([padded[None, None, start : start + length * chunk + 2 * context]])
            if trace:
                trace(GRAPH_IDS[name], done, tensors)
            for role, index in zip(part["outputs"], graph.outputs):
                pieces[role].append(tensors[index][0, 0, : len(rows) - start])
            done += length
        return {role: np.concatenate(arrays) for role, arrays in pieces.items()}

    def _longer_run(self, name: str, chunks: int) -> tuple[Callable, int]:
        """Return a function that runs several chunks of a graph together, and the number of these chunks.

        The number is a power of two. One run covers all `chunks` if the limit allows.
        """
        length = min(1 << (chunks - 1).bit_length(), self._longest)
        if length == 1:
            return self.runs[name], 1
        if (name, length) not in self._longer:
            graph = stretched(self.voice.graphs[name], (length - 1) * self.voice.manifest["graphs"][name]["chunk"])
            self._longer[name, length] = Simulator(graph).run if graph else None
        run = self._longer[name, length]
        return (run, length) if run else (self.runs[name], 1)


def phoneme_rows(voice: Voice, ids: list[int], speaker: int = 0) -> np.ndarray:
    """Return the phoneme graph's input rows as int8 [N, E]."""
    return with_speaker(voice.tables, "speaker_embedding", voice.embedding[np.asarray(ids)], speaker)


def frame_ends(
    table: np.ndarray, durations: np.ndarray, rate: int = ONE, factors: np.ndarray | int = NONE.length
) -> np.ndarray:
    """Return the end frame of each phoneme as int64 [N], strictly increasing.

    `durations` is the int8 duration output [N]. `rate` and the `factors` of the durations [N] are in units of 1/256.
    Lengths are summed at rate 1 and divided by the rate afterwards, so that rounding errors do not accumulate.
    """
    least = (rate + 3) // 4  # minimum duration: one frame at this rate, in Q6
    lengths = (table[durations.astype(np.int64) + 128].astype(np.int64) * factors + ONE // 2) // ONE
    return (4 * np.cumsum(np.maximum(lengths, least)) + rate // 2) // rate


def frame_rows(tables: dict[str, np.ndarray], hidden: np.ndarray, ends: np.ndarray, speaker: int = 0) -> np.ndarray:
    """Return the frame graph's input rows as int8 [T, H + 2].

    Each row holds the phoneme's hidden vector and the frame's distances from the phoneme's start and end.
    """
    starts = np.concatenate([[0], ends[:-1]])
    phoneme = np.repeat(np.arange(len(ends)), ends - starts)
    t = np.arange(ends[-1])
    position, last = tables["position"], len(tables["position"]) - 1
    from_start = position[np.minimum(t - starts[phoneme], last)]
    to_end = position[np.minimum(ends[phoneme] - 1 - t, last)]
    mapped = tables["hidden_to_frame"][hidden.astype(np.int64) + 128]
    mapped = with_speaker(tables, "speaker_hidden", mapped, speaker)
    return np.concatenate([mapped[phoneme], from_start[:, None], to_end[:, None]], axis=1)
