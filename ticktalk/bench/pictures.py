"""Plot a measured model or voice: instructions by operator, and arena usage over time."""

from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.bench.measure import Measurement
from ticktalk.boards.board import Board
from ticktalk.proof.subject import AnySubject
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.spectrogram import require_matplotlib
from ticktalk.system.files import replacing

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRAPH_COLOURS = ("#3b6ea5", "#c8553d")
DPI = 110


def draw(subject: AnySubject, board: Board, measurement: Measurement, folder: Path) -> list[Path]:
    """Write operators.png and one arena-GRAPH.png per graph. Return their paths."""
    require_matplotlib()
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / "operators.png"]
    _save(_operators(measurement, f"{subject.name} on {board.name}"), paths[0])
    for number, name in subject.graph_names.items():
        paths.append(folder / f"arena-{name}.png")
        title = f"{subject.name}, {name}: arena"
        _save(_arena(subject.graphs[number], board.isa, subject.streams, title), paths[-1])
    return paths


def _save(figure: "Figure", path: Path) -> None:
    with replacing(path) as part:
        figure.savefig(part, format="png", dpi=DPI)


def living(graph: Graph, isa: str, stream: bool = False) -> list[tuple[str, int, int, int, int]]:
    """Return (name, first step, last step, offset, bytes) of each tensor and scratch buffer in the arena.

    If `stream` is set, the steps are those within one tick.
    """
    from ticktalk.firmware_gen.graph.fuse import fuse
    from ticktalk.firmware_gen.graph.schedule import schedule
    from ticktalk.firmware_gen.graph.storage import end, lay_out
    from ticktalk.firmware_gen.graph.stream import laid_out
    from ticktalk.firmware_gen.kernels import compile_operator
    from ticktalk.runtime_sim.graphs.node import Node

    if stream:
        graph, kernels, layout = laid_out(schedule(graph), isa)
    else:
        graph = fuse(graph, isa)
        kernels = [compile_operator(Node(operator, graph), isa) for operator in graph.operators]
        layout = lay_out(graph, kernels)
    scratch = {
        operator.index: kernel.scratch
        for operator, kernel in zip(graph.operators, kernels)
        if hasattr(kernel, "scratch")
    }
    first, last = dict.fromkeys(graph.inputs, 0), dict.fromkeys(graph.inputs, 0)
    for operator in graph.operators:
        first |= dict.fromkeys([*operator.inputs, *operator.outputs], operator.index) | first  # windows are only read
        last.update(dict.fromkeys([*operator.outputs, *operator.inputs], operator.index))
    last.update(dict.fromkeys(graph.outputs, end(graph)))
    tensors = [
        (graph.tensors[index].name, first[index], last[index], offset, graph.tensors[index].nbytes)
        for index, offset in layout.offsets.items()
    ]
    return tensors + [("scratch", step, step, offset, scratch[step]) for step, offset in layout.scratch.items()]


def _operators(measurement: Measurement, title: str) -> "Figure":
    from matplotlib.figure import Figure

    rows = [
        each
        for each in measurement.operators
        if each["instructions"] > sum(m["instructions"] for m in measurement.operators) / 1000
    ]
    graphs = list(dict.fromkeys(each["graph"] for each in measurement.operators))
    figure = Figure(figsize=(9, 1.2 + 0.2 * len(rows)), layout="constrained")
    axes = figure.add_subplot()
    axes.barh(
        range(len(rows)),
        [each["instructions"] / 1e6 for each in rows],
        color=[GRAPH_COLOURS[graphs.index(each["graph"]) % 2] for each in rows],
    )
    axes.set_yticks(range(len(rows)), [f"{each['graph']} {each['index']} {each['name']}" for each in rows], fontsize=7)
    axes.invert_yaxis()
    axes.margins(y=0.01)
    axes.set_xlabel("million instructions; operators below 0.1 % are omitted")
    axes.set_title(title)
    return figure


def _arena(graph: Graph, isa: str, stream: bool, title: str) -> "Figure":
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()
    found = living(graph, isa, stream)
    for name, first, last, offset, size in found:
        scratch = name == "scratch"
        axes.broken_barh(
            [(first, last - first + 1)],
            (offset / 1024, size / 1024),
            facecolors="#d9a441" if scratch else "#7fa7c9",
            edgecolor="#23303c",
            linewidth=0.4,
            alpha=0.8,
        )
    axes.set_xlim(0, max(last for _, _, last, _, _ in found) + 1)
    axes.set_xlabel("operator; yellow: scratch of one operator")
    axes.set_ylabel("KiB")
    axes.set_title(title)
    return figure
