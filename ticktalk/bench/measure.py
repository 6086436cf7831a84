"""Measure a voice or model on an emulated board: exact instruction counts, broken down by purpose."""

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from ticktalk.bench.counting import FIRST, OUTSIDE, TRACE, Work, count
from ticktalk.bench.cycles import TABLES
from ticktalk.bench.machine import powered
from ticktalk.bench.sizes import sources, split
from ticktalk.boards.board import Board
from ticktalk.boards.board_tables import FlashTiming
from ticktalk.boards.console.client import Console, Result
from ticktalk.firmware_gen.graph.parameters import part_of
from ticktalk.firmware_gen.project.build import build
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.proof.subject import AnySubject, Part, Runner, Subject
from ticktalk.proof.trace import Trace
from ticktalk.runtime_sim.graphs.graph import Graph

Log = Callable[[str], None]
PHONEMES = 50  # length of the utterance that determines `first_sample`


@dataclass
class Measurement:
    """The figures of one implementation. docs/reference/bench.md explains each figure.

    If there are no figures, `refused` is the reason.
    """

    implementation: str
    refused: str | None = None
    exact: bool = False  # whether the output equals that of the simulator
    instructions: int = 0  # counted by the board, without tracing
    seconds: float | None = None  # of speech
    first_sample: int | None = None  # instructions until the first sample of an utterance of PHONEMES phonemes
    macs: int = 0
    cycles: int | None = None
    cycles_table: str | None = None
    flash: dict[str, int] = field(default_factory=dict)
    model_bytes: int = 0  # bytes of weights, biases and scales in the .tflite file
    read_bytes: int = 0  # bytes of constants that the operators read, each time they run
    waits: tuple[int, int] | None = None  # for instructions and data from flash, if its caches are known
    ram: dict[str, int] = field(default_factory=dict)
    classes: dict[str, int] = field(default_factory=dict)
    operators: list[dict] = field(default_factory=list)
    outside: dict[str, int] = field(default_factory=dict)  # instructions outside the graphs, by source file

    def as_dict(self) -> dict:
        """Return the figures as an object for JSON, including ratios derived from them."""
        return asdict(self) | {
            "instructions_per_mac": per(self.instructions, self.macs),
            "instructions_per_second": per(self.instructions, self.seconds),
            "weights_to_model": self.weights_to_model,
        }

    @property
    def code_and_tables(self) -> int:
        """Flash in bytes, excluding weights, biases and the console."""
        return self.flash.get("code", 0) + self.flash.get("tables", 0)

    @property
    def weights_to_model(self) -> float | None:
        """The flash usage of weights and biases, divided by their size in the .tflite file."""
        return per(self.flash.get("weights", 0) + self.flash.get("biases", 0), self.model_bytes)


def per(whole: float, part: float | None) -> float | None:
    """Return the ratio of `whole` to `part`, or None if `part` is 0 or None."""
    return round(whole / part, 4) if part else None


def measure(
    subject: AnySubject,
    board: Board,
    log: Log = lambda line: None,
    compiler: str = "gcc",
    timing: FlashTiming | None = None,
) -> Measurement:
    """Export, build with `compiler`, and run twice on the emulated board: first with the board's own counter, then with
    the plugin. `timing` describes the flash of a real board."""
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        project = subject.export(board, Path(scratch, "project"))
        name = "ticktalk" if compiler == "gcc" else f"ticktalk, {compiler}"
        elf = build(project, "arm", compiler=compiler)
        log(f"{name}: built for {board.name}")
        traces = traces_of(subject)
        times = Counter((key.graph, key.tensor) for each in traces for key in each.tensors)
        measurement = observe(name, elf, board, subject, traces)
        report = read_report(project)
        facts, lines = report["graphs"], sum(fact.get("line_bytes", 0) for fact in report["graphs"].values())
        for part, size in (("arena", report["arena_bytes"]), ("lines", lines)):
            measurement.ram[part] += size
            measurement.ram["buffers"] -= size
        graphs = {
            facts[name]["symbol"]: sum(len(_outputs(subject.graphs[number], fact)) for fact in facts[name]["operators"])
            for number, name in subject.graph_names.items()
        }
        works = count(elf, board, graphs, lambda console: run_parts(console, subject), Path(scratch), timing)
        log(f"{name}: instructions counted by operator and class")
        total(measurement, works, board)
        if timing and timing.cached:
            measurement.waits = _sum([work for bucket, work in enumerate(works) if bucket != TRACE]).waits
        measurement.model_bytes = sum(each["model_bytes"] for each in facts.values())
        measurement.outside = by_source(works[OUTSIDE], elf) | {"trace hook": works[TRACE].instructions}
        at = FIRST
        for number, name in subject.graph_names.items():
            for fact in facts[name]["operators"]:
                outputs = len(_outputs(subject.graphs[number], fact))
                work = _sum(works[at : at + outputs])
                at += outputs
                macs = fact["macs"] * times[number, fact["output"]]
                measurement.macs += macs
                measurement.read_bytes += fact["read_bytes"] * times[number, fact["output"]]
                measurement.operators.append(
                    {
                        "graph": name,
                        "index": fact["index"],
                        "name": fact["name"],
                        "shape": fact["shape"],
                        "function": fact["function"],
                        "macs": macs,
                        "instructions": work.instructions,
                        "instructions_per_mac": per(work.instructions, macs),
                        "cycles": work.cycles,
                        "classes": work.classes,
                    }
                )
        return measurement


def _outputs(graph: Graph, fact: dict) -> tuple[int, ...]:
    """Return the tensors that an operator writes. For fused operators, these are the outputs of the last one."""
    return graph.producers[fact["output"]].outputs


def parts_of(subject: Subject[Part]) -> list[Part]:
    """Return the parts to measure: all utterances of a voice, or one inference of a model."""
    return subject.parts if subject.kind == "voice" else subject.parts[:1]


def traces_of(subject: AnySubject) -> list[Trace]:
    """Return the simulator's trace of each part to measure."""
    return [subject.computer(simulated(subject))(part) for part in parts_of(subject)]


def observe(
    name: str,
    elf: Path,
    board: Board,
    subject: AnySubject,
    traces: list[Trace],
    kind_of: Callable[[str], str] = part_of,
) -> Measurement:
    """Measure sizes and the board's own instruction count, and check the output.

    `kind_of` is passed to sizes.split as `part`.
    """
    sizes = split(elf.with_name("firmware.map"), board, kind_of)
    measurement = Measurement(name, flash=sizes["flash"], exact=True)
    samples = 0
    with powered(elf.with_suffix(".bin"), board) as console:
        for part, expected in zip(parts_of(subject), traces):
            result = subject.on_device(console, part, trace=False)
            measurement.instructions += result.instructions
            samples += len(result.pcm) // 2
            measurement.exact &= _answer(console, subject, result) == _expected(subject, expected)
        if subject.kind == "voice":
            measurement.first_sample = _first_sample(console, parts_of(subject)[0][0])
        measurement.ram = {"stack": console.stats()["stack_bytes"], **sizes["ram"]}
    if subject.sample_rate is not None:
        measurement.seconds = samples / subject.sample_rate
    return measurement


def _first_sample(console: Console, ids: list[int]) -> int:
    """Return the instructions until the first sample of an utterance of PHONEMES phonemes, which repeats `ids`."""
    inner = ids[1:-1] * PHONEMES
    console.speak([ids[0], *inner[:PHONEMES], ids[-1]])
    return console.stats()["first_sample"]


def total(measurement: Measurement, works: list[Work], board: Board) -> None:
    """Add up the classes and cycles of all buckets except the trace hook's."""
    whole = _sum([work for bucket, work in enumerate(works) if bucket != TRACE])
    measurement.classes, measurement.cycles, measurement.cycles_table = (
        whole.classes,
        whole.cycles,
        TABLES.get(board.core),
    )


def run_parts(console: Console, subject: AnySubject) -> None:
    """Compute all parts to measure, without tracing."""
    for part in parts_of(subject):
        subject.on_device(console, part, trace=False)


def simulated(subject: AnySubject) -> Callable[[int], Runner]:
    """Return a function that maps a graph id to its simulator, for a subject's `computer`."""
    from ticktalk.runtime_sim.simulator import Simulator

    return lambda graph: Simulator(subject.graphs[graph])


def _answer(console: Console, subject: AnySubject, result: Result) -> bytes:
    if subject.kind == "voice":
        return result.pcm
    graph = subject.graphs[0]
    return b"".join(console.read(graph.tensors[index].nbytes, number) for number, index in enumerate(graph.outputs))


def _expected(subject: AnySubject, trace: Trace) -> bytes:
    if subject.kind == "voice":
        return trace.pcm.astype("<i2").tobytes()
    return b"".join(
        value.tobytes()
        for index in subject.graphs[0].outputs
        for key, value in trace.tensors.items()
        if key.tensor == index and isinstance(value, np.ndarray)
    )


def _sum(works: list[Work]) -> Work:
    whole = Work(cycles=None if any(work.cycles is None for work in works) else 0)
    for work in works:
        whole.add(work)
    return whole


def by_source(work: Work, elf: Path) -> dict[str, int]:
    """Return the number of instructions by source file, largest first."""
    files = sources(elf.with_name("firmware.map"))
    found: dict[str, int] = {}
    for function, instructions in work.functions.items():
        file = files.get(function, "libgcc")
        found[file] = found.get(file, 0) + instructions
    return dict(sorted(found.items(), key=lambda each: -each[1]))
