"""Estimate the maximum work of one call to a voice's library, and from it the queue that the sound output needs.

burst = Burst.of(voice, library, "dsp", rows=4)
burst.call  # instructions of the longest call while speaking

One call to the library computes at most one tick of one graph and then passes frames to the vocoder. The shapes in a
tick are constant, so the instructions of a tick are estimated from these shapes and a table of costs. Each cost is an
upper limit for code compiled by gcc 12.2 with -O2, measured on an emulated core (docs/measurements/bench.md) with a
memcpy that copies single bytes."""

from dataclasses import dataclass
from math import ceil, log2

from ticktalk.firmware_gen import vocoder_mve
from ticktalk.firmware_gen.graph.schedule import ROWS
from ticktalk.firmware_gen.library import Library
from ticktalk.runtime_sim.vocoder.tables import output_delay, pulse_delay
from ticktalk.runtime_sim.voice import Voice


@dataclass(frozen=True)
class Costs:
    """Upper bounds on the cost of operations, in instructions, for one instruction set, measured on `core`.

    `dense` maps positions per block to instructions per multiply-accumulate of a dense layer. `dense_result` is the
    cost per result of a dense layer, and `dense_value` per input value. `tap` is the cost per multiply-accumulate of a
    depthwise layer, and `tap_result` per result. `sum` and `other` are the costs per result of a sum and of any other
    operator. `kept` and `copied` are the costs per byte kept between ticks and per byte copied to scratch. `vocoder`
    holds the transform's cost per point, and its cost per point times the binary logarithm of the number of points.
    `reading` is the limit for a call that reads text.

    A vector holds `vector` values, and rows are padded to whole vectors.
    """

    core: str
    dense: dict[int, float]
    dense_result: float
    dense_value: float
    tap: float
    tap_result: float
    sum: float
    other: float
    kept: float
    copied: float
    vocoder: tuple[float, float]
    reading: int
    vector: int = 1


COSTS = {
    "dsp": Costs("cortex-m4", {4: 0.9, 3: 1.0, 2: 1.1}, 20, 4, 2.7, 11.5, 17, 12, 18, 1, (90, 32), 1_600_000),
    "mve": Costs("cortex-m55", {4: 0.13, 3: 0.14, 2: 0.15}, 6, 4, 0.8, 3.2, 9, 12, 12, 1, (25, 9), 1_600_000, 16),
    "portable": Costs("cortex-m0plus", {2: 6.8}, 76, 14, 9, 78, 340, 16, 26, 2, (700, 270), 6_400_000),
}
CLOCKS, CYCLES = (64, 128, 240), 1.4  # MHz, and cycles per instruction as measured on a Cortex-M4
COUNTED = {"cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m7", "cortex-m33", "cortex-m55"}
_DENSE, _SUMS = ("CONV_2D", "FULLY_CONNECTED"), ("ADD", "SUB", "MUL")
_OTHERS = ("CONCATENATION", "LOGISTIC", "STRIDED_SLICE", "SLICE", "PAD", "RELU", "RELU6", "TANH", "SPLIT", "RESHAPE")
_CALL = 300  # instructions outside loops, per operator or call of `read`


@dataclass(frozen=True)
class Burst:
    """Upper limits in instructions for a tick of each graph, for a frame in the vocoder, and for the longest call of
    `read` for up to a hop of samples, or of `run`.

    `rows` frames become audible per tick. `filling` is the vocoder's work before the first audible frame of an
    utterance."""

    rows: int
    hop: int
    sample_rate: int
    phoneme: int
    frame: int
    vocoder: int
    filling: int
    counted: str

    @classmethod
    def of(cls, voice: Voice, library: Library, isa: str, rows: int) -> "Burst | None":
        """Return the limits of a voice's library, or None if a graph has an operator without a known cost."""
        costs, (hop, n_fft) = COSTS[isa], (voice.manifest[key] for key in ("hop", "n_fft"))
        hidden = voice.width("phoneme", "hidden")
        phoneme = _tick(library.graphs["phoneme"], costs, rows, voice.tables["embedding"].shape[1] + hidden)
        frame = _tick(library.graphs["frame"], costs, rows, hidden + 2)
        if phoneme is None or frame is None:
            return None
        vectors = isa != "mve" or vocoder_mve.suits(n_fft)
        each, log = (costs if vectors else COSTS["dsp"]).vocoder
        vocoder = round(n_fft // 2 * (each + log * log2(n_fft // 2)))
        filling = (output_delay(n_fft, hop) + 1) * vocoder + pulse_delay(n_fft, hop) * vocoder // 4
        rate = voice.manifest["sample_rate"]
        return cls(rows, hop, rate, round(phoneme), round(frame), vocoder, filling, costs.core)

    @property
    def call(self) -> int:
        """The instructions of the longest call: a tick of the phoneme graph, or a tick of the frame graph followed by
        vocoder frames until one is audible."""
        return max(self.phoneme, self.frame + self.filling)

    @property
    def pause(self) -> int:
        """The most work between two samples of an utterance: a tick of each graph, and one vocoder frame."""
        return self.phoneme + self.frame + self.vocoder

    def samples(self, instructions_per_second: float) -> int:
        """Return how many samples the output must be able to queue to avoid gaps within an utterance.

        The queue is filled before the sound begins, and refilled whenever a hop fits.
        """
        return _queue(self.facts(), instructions_per_second)

    def facts(self) -> dict:
        """Return the entry `work` of report.json."""
        return {
            "counted_on": self.counted,
            "rows_per_tick": self.rows,
            "phoneme_tick_instructions": self.phoneme,
            "frame_tick_instructions": self.frame,
            "hop_instructions": self.vocoder,
            "longest_call_instructions": self.call,
            "burst_instructions": self.pause + (self.rows - 1) * self.vocoder,
            "burst_samples": self.rows * self.hop,
            "pause_instructions": self.pause,
            "hop": self.hop,
            "sample_rate": self.sample_rate,
        }


def work(voice: Voice, library: Library, core: str, isa: str, rows: int, text: bool) -> dict | None:
    """Return the entry `work` of report.json, or None for cores that are not emulated and for graphs with unusual
    operators."""
    burst = Burst.of(voice, library, isa, rows) if core in COUNTED else None
    if burst is None:
        return None
    return burst.facts() | {"longest_reading_call_instructions": COSTS[isa].reading if text else None}


def by_operator(voice: Voice, library: Library, isa: str, rows: int) -> dict[str, int] | None:
    """Return upper limits for the instructions per second of speech, largest first. Each limit is for a kind of
    operator, for moving data between ticks, or for the vocoder. Return None if an operator has no known cost."""
    burst = Burst.of(voice, library, isa, rows)
    if burst is None:
        return None
    frames = burst.sample_rate / burst.hop
    found = {"vocoder": frames * burst.vocoder}
    counts = {"frame": frames, "phoneme": 64 * frames / library.speech["mean_q6"]}
    for (graph, count), tick in zip(counts.items(), (burst.frame, burst.phoneme)):
        moved = float(tick)
        for operator in library.graphs[graph]["operators"]:
            name, limit = operator["name"].split(" ")[0], _operator(operator, COSTS[isa], rows) or 0.0
            found[name] = found.get(name, 0.0) + limit * count / rows
            moved -= limit
        found["moving data"] = found.get("moving data", 0.0) + moved * count / rows
    return {name: round(found[name]) for name in sorted(found, key=lambda each: -found[each])}


def queues(facts: dict) -> list[tuple[int, int]]:
    """Return (clock in MHz, samples to queue) for each of CLOCKS. `facts` is the `work` entry of report.json."""
    return [(clock, _queue(facts, clock * 1e6 / CYCLES)) for clock in CLOCKS]


def _queue(facts: dict, instructions_per_second: float) -> int:
    return facts["hop"] + ceil(facts["sample_rate"] * facts["pause_instructions"] / instructions_per_second)


def weights_read(voice: Voice, library: Library, rows: int) -> int:
    """Return how many bytes of the graphs' constants are read per second of speech at mean speed."""
    frames = voice.manifest["sample_rate"] / voice.manifest["hop"]
    phonemes = 64 * frames / library.speech["mean_q6"]
    each = {"frame": frames, "phoneme": phonemes}
    return round(sum(library.graphs[name]["read_bytes"] * count / rows for name, count in each.items()))


def _tick(facts: dict, costs: Costs, rows: int, width: int) -> float | None:
    """Return an upper bound on the instructions of one tick of a graph, or None if an operator has no known cost.

    `width` is the number of input and output bytes that are copied per row.
    """
    total = rows * (costs.other * width + _CALL) + facts["line_bytes"] * (costs.kept + rows)
    if rows > ROWS:
        total += costs.copied * facts["read_bytes"]
    for operator in facts["operators"]:
        limit = _operator(operator, costs, rows)
        if limit is None:
            return None
        total += limit
    return total


def _operator(facts: dict, costs: Costs, rows: int) -> float | None:
    name, macs = facts["name"].split(" ")[0], facts["macs"]
    results = rows * facts["shape"][-1]
    if facts["function"] is None:
        return _CALL
    if name in _DENSE:
        depth = macs // results
        block = min(costs.dense, key=lambda size: (ceil(rows / size) * size * costs.dense[size], size))
        positions = ceil(rows / block) * block
        padded = positions * facts["shape"][-1] * ceil(depth / costs.vector) * costs.vector
        if facts["shape"][-1] < costs.vector / 4:  # MVE layers that are compiled for DSP instructions
            costs, padded, block = COSTS["dsp"], macs, min(rows, ROWS)
        return padded * costs.dense[block] + results * costs.dense_result + rows * depth * costs.dense_value + _CALL
    if name == "DEPTHWISE_CONV_2D":
        return macs * costs.tap + results * costs.tap_result + _CALL
    if name in _SUMS:
        return results * costs.sum + _CALL
    return results * costs.other + 200 * rows + _CALL if name in _OTHERS else None
