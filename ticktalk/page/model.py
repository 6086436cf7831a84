"""Write a page that runs a graph on recorded, random, typed or uploaded values, or on sound from the microphone.

write_model_page(Path("page.html"), Path("model.tflite"))
"""

import base64
import hashlib
import math
import shlex
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ticktalk.boards.board import Board, all_boards
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.project.device import flash_limit
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.page.costs import memory_map
from ticktalk.page.page import page_of, versions
from ticktalk.page.wasm import Module, compile_model
from ticktalk.proof.held import held_by
from ticktalk.proof.subject import ModelSubject
from ticktalk.runtime_sim.graphs.graph import Graph, Tensor
from ticktalk.runtime_sim.simulator import Simulator
from ticktalk.system.files import one_line, write_text

WINDOW = range(2000, 32769)  # sizes of an input that may be a window of sound; the browser keeps 32768 samples


def write_model_page(
    out: Path,
    model: Path,
    boards: Sequence[Board] = (),
    image: dict | None = None,
    tell: Callable[[str], None] = lambda line: None,
    built: dict | None = None,
) -> None:
    """Write the page of the .tflite file `model` to `out`. The other parameters are those of `write_page`.

    Raises BuildError, ModelError, or MissingToolError without zig.
    """
    subject = ModelSubject(model)
    tell(f"compiling {subject.name} to WebAssembly")
    module = compile_model(model)
    tell(f"simulating {len(subject.parts)} sets of inputs")
    costs = [on_board(model, board, built) for board in boards]
    write_text(out, render(subject, module, records(subject, module), costs, image))


def records(subject: ModelSubject, module: Module) -> list[dict]:
    """Return the sets of inputs, with the simulator's checksums of the outputs and of the tensors that the C code
    stores."""
    graph = subject.graphs[0]
    held = held_by(module.report["graphs"], subject.graph_names)
    found = []
    for part in subject.parts:
        values = Simulator(graph).run(part)
        every = values | dict(zip(graph.inputs, part))
        results = [every[index] if index in every else graph.tensors[index].constant for index in graph.outputs]
        found.append(
            {
                "inputs": [base64.b64encode(_bytes(array)).decode() for array in part],
                "sums": {
                    index: _sum(held.channels(0, index, array))
                    for index, array in values.items()
                    if (0, index) not in held.unstored
                },
                "results": [_sum(array) for array in results],
            }
        )
    return found


def render(
    subject: ModelSubject, module: Module, recorded: list[dict], boards: Sequence[dict] = (), image: dict | None = None
) -> str:
    """Return the page. All names come from the model's file, and are escaped."""
    graph = subject.graphs[0]
    inputs, outputs = ([_tensor(graph.tensors[index]) for index in which] for which in (graph.inputs, graph.outputs))
    report = module.report["graphs"]["model"]
    macs = {each["output"]: each["macs"] for each in report["operators"]}
    kept = {int(index): len(channels) for index, channels in report["kept_channels"].items()}
    operators = [
        _tensor(_narrowed(graph.tensors[index], kept.get(index)))
        | {"operator": operator.name, "macs": macs.get(index, 0)}
        for operator in graph.operators
        for index in operator.outputs
        if index in recorded[0]["sums"]
    ]
    sizes = {"flash": module.report["constant_bytes"], "ram": module.report["static_bytes"]}
    fitting = [b.name for b in all_boards() if sizes["flash"] <= flash_limit(b) and sizes["ram"] <= b.ram.size]
    shown = ("index", "size", "bytes", "dtype", "scale", "zero", "limits")
    return page_of(
        "model.html.j2",
        ("common.js", "graph.js", "model.js"),
        {
            "inputs": [{"name": each["name"]} | {key: each[key] for key in shown} for each in inputs],
            "outputs": [{key: each[key] for key in shown} for each in outputs],
            "operators": [{key: each[key] for key in shown} for each in operators],
            "records": recorded,
        },
        [module],
        title=f"Run {one_line(subject.name)} before you flash it",
        description="Runs a graph with the C code of the firmware.",
        name=one_line(subject.name),
        hash=subject.hash,
        inputs=inputs,
        outputs=outputs,
        operators=operators,
        macs=sum(macs.values()),
        records=len(recorded),
        sums=sum(len(each["sums"]) + len(each["results"]) for each in recorded),
        sizes=sizes,
        fitting=fitting,
        boards=boards,
        image=image,
        listens=_listens(graph),
        commands=[_command(subject.path, board) for board in boards] or [_command(subject.path, None)],
        versions=versions(module),
    )


def on_board(model: Path, board: Board, built: dict | None = None) -> dict:
    """Return the memory usage of the model on a board: that of the built firmware, or of the library alone."""
    told: dict = {"name": board.name, "title": board.title, "problem": "", "measured": built is not None}
    told["whole"] = board.uart is not None
    try:
        with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
            report = read_report(export_library(model, None, Path(scratch, "library"), board=board))
    except BuildError as error:
        return told | {"problem": str(error)}
    graph = report["graphs"]["model" if "model" in report["graphs"] else next(iter(report["graphs"]))]
    weights = graph["weight_bytes"] + graph["bias_bytes"]
    flash = [("weights", weights), ("tables", report["constant_bytes"] - weights)]
    ram = [("tensors and state", report["static_bytes"])]
    if built is not None:
        flash.append(("code of the firmware", built["flash_bytes"] - report["constant_bytes"]))
        ram += [
            ("stack", built["stack_bytes"]),
            ("rest of the firmware", built["ram_bytes"] - built["stack_bytes"] - report["static_bytes"]),
        ]
    maps = [("Flash", flash, flash_limit(board)), ("RAM", ram, board.ram.size)]
    return told | {
        "maps": [
            {"name": name, "size": sum(s for _, s in parts), "limit": limit, "parts": memory_map(parts, limit)}
            for name, parts, limit in maps
        ]
    }


def _listens(graph: Graph) -> bool:
    """Return whether sound is a possible input: the model has one input, along one axis, of quantised numbers or
    floats."""
    tensor = graph.tensors[graph.inputs[0]]
    along = [size for size in tensor.shape if size > 1]
    return len(graph.inputs) == 1 and len(along) == 1 and along[0] in WINDOW and tensor.dtype != np.bool_


def _narrowed(tensor: Tensor, channels: int | None) -> Tensor:
    """Return `tensor` with as many channels as the C code computes, or all if `channels` is None."""
    return tensor if channels is None else replace(tensor, shape=(*tensor.shape[:-1], channels))


def _tensor(tensor: Tensor) -> dict:
    kind = tensor.dtype.kind
    limits = np.iinfo(tensor.dtype) if kind in "iu" else None
    quantised = len(tensor.scales) == 1 and math.isfinite(tensor.scale)
    return {
        "index": tensor.index,
        "name": one_line(tensor.name)[:200] or f"tensor {tensor.index}",
        "shape": list(tensor.shape),
        "size": tensor.size,
        "bytes": tensor.nbytes,
        "dtype": tensor.dtype.name,
        "scale": float(tensor.scale) if quantised else None,
        "zero": tensor.zero_point if quantised else 0,
        "limits": [int(limits.min), int(limits.max)] if limits else [0, 1] if kind == "b" else None,
    }


def _command(model: Path, board: dict | None) -> str:
    file, name = shlex.quote(one_line(model.name)), shlex.quote(board["name"]) if board else "BOARD"
    if board is None or board["whole"]:
        return f"ticktalk flash --board {name} --model {file}"
    return f"ticktalk export --board {name} --model {file} --library --out library"


def _bytes(array: np.ndarray) -> bytes:
    return np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()


def _sum(array: np.ndarray) -> str:
    return hashlib.sha256(_bytes(array)).hexdigest()
