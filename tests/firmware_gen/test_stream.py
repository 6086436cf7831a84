"""Streaming graphs compute every row of every tensor in the tick that the schedule states, for any length."""

import re
import subprocess
from shutil import which

import numpy as np
import pytest

from tests.firmware_gen.test_cppcheck import CHECKS
from tests.support import compiled
from tests.support.cppcheck import as_built
from tests.support.streams import Stream, odd, rows_of, stream, strided
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.arrays import initialiser
from ticktalk.firmware_gen.graph.schedule import schedule
from ticktalk.firmware_gen.graph.stream import compile_stream
from ticktalk.firmware_gen.kernels.dense import layer
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.simulator import Simulator

BORDER = -1, -2  # markers that the C main program writes before each push and before an output's rows
LENGTHS = 1, 2, 3, 4, 5, 8, 33


def main(cases, lengths) -> str:
    """Return C code that runs every case for every length.

    The program writes a record before each push and one record per output after the push.
    """
    lines = ['#include "harness.h"', '#include "string.h"']
    body = ["    int32_t count;", "    bool more;"]
    for number, (graph, rows) in enumerate(cases):
        lines += [f'#include "case{number}.h"', f"static const int8_t rows_{number}[] = {{\n{initialiser(rows)}}};"]
        name, upper = f"case{number}", f"CASE{number}"
        row = f"{upper}_INPUT_0_ROW_BYTES"
        body += [
            f"    for (int32_t l = 0; l < {len(lengths)}; l++) {{",
            f"        {name}_reset(&memory.{name});",
            "        int32_t at = 0;",
            "        do {",
            f"            count = lengths[l] - at < {upper}_ROWS ? lengths[l] - at : {upper}_ROWS;",
            "            if (count < 0) {",
            "                count = 0;",
            "            }",
            f"            memset({name}_input_0(&memory.{name}), 85, (size_t)({upper}_ROWS * {row}));",
            f"            memcpy({name}_input_0(&memory.{name}), &rows_{number}[at * {row}], (size_t)(count * {row}));",
            f"            tt_trace({number}, {BORDER[0]}, &lengths[l], 4);",
            f"            more = {name}_push(&memory.{name}, count);",
            f"            at += {upper}_ROWS;",
        ]
        for i in range(len(graph.outputs)):
            body += [
                f"            tt_trace({number}, {BORDER[1] - i}, {name}_output_{i}(&memory.{name}), "
                f"(uint32_t)(memory.{name}.output_rows[{i}] * {upper}_OUTPUT_{i}_ROW_BYTES));"
            ]
        body += ["        } while (more);", "    }"]
    table = f"static const int32_t lengths[] = {{{', '.join(map(str, lengths))}}};"
    return "\n".join([*lines, *compiled.one_memory(len(cases)), table, "", "void run_cases(void)", "{", *body, "}", ""])


def write(folder, cases, lengths, isa, rows):
    """Write the generated C of all cases and a main program, and return the paths of the .c files."""
    for number, (graph, _) in enumerate(cases):
        for name, text in compile_stream(graph, f"case{number}", number, isa, rows=rows).files.items():
            (folder / name).write_text(text)
    (folder / "main.c").write_text(main(cases, lengths))
    return sorted(folder.glob("*.c"))


def ticks_of(data: bytes, cases: int):
    """Return the pushes of each case in order. Each push is {tensor or output: bytes}."""
    found, at = [[] for _ in range(cases)], 0
    while at < len(data):
        number, index, size = np.frombuffer(data, "<i4", 3, at).tolist()
        if index == BORDER[0]:
            found[number].append({})
        else:
            found[number][-1][index] = data[at + 12 : at + 12 + size]
        at += 12 + size
    return found


def check(graph_of, found: list, lengths, rows: int, every: int) -> None:
    """Compare the pushes with the simulator's run of the whole graph for each length.

    `every` is the smallest number of input rows for which the graph can be built.
    """
    at = 0
    for length in lengths:
        graph, ticks = graph_of(max(every, length)), found[at:]
        plan = schedule(graph, rows)
        whole = {} if length < every else Simulator(graph).run([_input(graph, length)])
        for tick in range(plan.ticks(length)):
            traced = ticks[tick]
            for index in plan.latency:
                if index in plan.graph.inputs:
                    continue
                first, end = plan.made(index, tick, length)
                expected = _rows(plan, whole, index, first, end) if length >= every else b""
                if length >= every:
                    assert traced[index] == expected, (length, tick, index)
            for number, index in enumerate(plan.graph.outputs):
                each = plan.per_tick(index)
                start = tick * each - plan.delay // plan.tensors[index].step
                end = min(start + each, plan.length(index, length))
                got = traced[BORDER[1] - number]
                if length >= every:
                    expected = (
                        b"" if end <= start or start < 0 else _output(graph, plan, whole, index, start, end, length)
                    )
                    assert got == expected, (length, tick, "output", number)
                elif plan.length(index, length) == 0:
                    assert got == b""
        at += plan.ticks(length)
    assert at == len(found)


def _input(graph, length):
    shape = graph.tensors[graph.inputs[0]].shape
    return rows_of(1, (64, shape[3]))[:length].reshape(shape)


def _rows(plan, whole, index, first, end):
    values = np.moveaxis(whole[index], plan.axis(index), 0)
    return values[first:end].tobytes()


def _output(graph, plan, whole, index, first, end, length):
    return _rows(plan, {**whole, graph.inputs[0]: _input(graph, length)}, index, first, end)


def run(tmp_path, cases, lengths, isa, rows, compiler):
    """Return the pushes of each case, as computed on the host."""
    graphs_and_rows = []
    for graph_of, every in cases:
        graph = graph_of(every)
        graphs_and_rows.append((graph, rows_of(1, (64, graph.tensors[graph.inputs[0]].shape[3]))))
    sources = [*write(tmp_path, graphs_and_rows, lengths, isa, rows), compiled.HERE / "host.c"]
    program = compiled.compile_and_link(tmp_path, sources, compiled.HOST[compiler], [])
    result = subprocess.run([str(program)], capture_output=True)
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    return ticks_of(result.stdout, len(cases))


def graphs(kind, *arguments):
    """Return a function that maps a length to a graph, and the minimum length that the .tflite format can express."""

    def of(time):
        seed, *rest = arguments
        return load_graph(kind(seed, time, *rest))

    for time in range(2, 64):
        try:
            of(time)
        except (ModelError, ValueError):  # tensors with a non-positive number of rows
            continue
        return of, time
    raise AssertionError(kind)


CASES = [
    (stream, 1, "SAME"),
    (stream, 2, "SAME"),
    (stream, 3, "VALID"),
    (stream, 4, "VALID"),
    (odd, 5),
    (odd, 6, "SAME"),
    (stream, 3, "SAME", True),
]
STRIDED = [(strided, 7, "SAME"), (strided, 8, "VALID", True)]  # for ticks of 4, 8, 12, ... rows


@pytest.mark.parametrize(
    ("isa", "rows", "compiler", "which"),
    [
        ("portable", 3, "clang", CASES),
        ("dsp", 4, "gcc", [*CASES[::2], *STRIDED]),
        ("mve", 8, "clang", STRIDED),
        pytest.param("dsp", 1, "gcc", CASES[1::2], marks=pytest.mark.long),
    ],
)
def test_every_row_in_its_tick(tmp_path, isa, rows, compiler, which):
    cases = [graphs(*case) for case in which]
    for (graph_of, every), found in zip(cases, run(tmp_path, cases, LENGTHS, isa, rows, compiler)):
        check(graph_of, found, LENGTHS, rows, every)


@pytest.mark.parametrize(
    ("isa", "rows", "slab"),
    [
        *(("dsp", 7, 40), ("mve", 6, 40)),
        *(pytest.param(*each, marks=pytest.mark.long) for each in (("portable", 5, 40), ("dsp", 16, 2048))),
    ],
)
def test_many_rows_share_one_pass_over_the_weights(tmp_path, monkeypatch, isa, rows, slab):
    """The weights are copied to scratch, `slab` bytes at a time, so one tick reads every constant only once."""
    monkeypatch.setattr(layer, "SLAB_BYTES", slab)
    cases = [graphs(*case) for case in CASES[::3]]
    for (graph_of, every), found in zip(cases, run(tmp_path, cases, LENGTHS, isa, rows, "gcc")):
        check(graph_of, found, LENGTHS, rows, every)
        facts = compile_stream(graph_of(every), "g", isa=isa, rows=rows).facts
        assert facts["read_bytes"] >= facts["weight_bytes"] + facts["bias_bytes"]  # constants may be shared
        few = compile_stream(graph_of(every), "g", isa=isa, rows=4).facts
        assert facts["read_bytes"] < few["read_bytes"] * (1.1 if isa == "dsp" else 1)


@pytest.mark.parametrize("outputs", [2, 3, 5, 8, 9, 33])
@pytest.mark.parametrize("group", [2, 4])
def test_slabs_contain_every_output_once(outputs, group):
    if outputs >= group:
        size, count, last = layer.slabs(outputs, 10, group)
        assert size * count + last == outputs and size % group == 0 and (last == 0 or last >= group)


@pytest.mark.parametrize("case", [*CASES, *STRIDED])
def test_the_c_does_not_depend_on_the_length(case):
    graph_of, every = graphs(*case)
    assert compile_stream(graph_of(every), "g").files == compile_stream(graph_of(every + 17), "g").files


def blocks(time: int, count: int, channels: int = 16, width: int = 7) -> Graph:
    """Return a graph of residual blocks with SAME padding."""
    grown = Stream(1)
    grown.padding = "SAME"
    source = x = grown.tensor(time, channels)
    for _ in range(count):
        x = grown.add(grown.conv(grown.conv(grown.depthwise(x, width), 3 * channels, relu=True), channels), x)
    return load_graph(grown.draw.finish([source], [x]))


def test_memory_is_that_of_the_windows():
    """Each block keeps six rows. The first block keeps two more rows, because outputs are complete groups of four
    rows."""
    plan = schedule(blocks(40, 6))
    assert (plan.rows, plan.delay) == (4, 20) and sorted(rows for rows in plan.history.values() if rows) == [
        6,
        6,
        6,
        6,
        6,
        8,
    ]
    facts = [compile_stream(blocks(time, 6), "g", isa="dsp").facts for time in (8, 4000)]
    assert facts[0] == facts[1] and facts[0]["line_bytes"] == 38 * 16
    assert facts[0]["macs"] == 4 * 6 * (7 * 16 + 2 * 3 * 16 * 16)


def refused(grow) -> str:
    grown = Stream(3)
    grown.padding = "SAME"
    source = grown.tensor(12, 4)
    result = grow(grown, source)
    with pytest.raises(BuildError) as caught:
        compile_stream(load_graph(grown.draw.finish([source], [result]), "g.tflite"), "g")
    return str(caught.value)


def uneven(grown, x):
    """Return a sum of convolutions with equal lengths, but not for inputs of 11 rows."""
    grown.padding = "VALID"
    return grown.add(grown.conv(x, 3, 3, stride=2), grown.conv(x, 3, 4, stride=2))


def backwards(grown, x):
    y = grown._like(x, 12, 4)
    grown.model.operator("REVERSE_V2", [x, grown.model.integers([2])], [y], "ReverseV2Options")
    return y


def along_time(grown, x):
    y = grown._like(x, 24, 4)
    grown.model.operator("CONCATENATION", [x, x], [y], "ConcatenationOptions", Axis=2)
    return y


def flattened(grown, x):
    y = grown.model.tensor((1, 48), "int8", *grown.quantisation(x))
    grown.model.operator("RESHAPE", [x, grown.model.integers([1, -1])], [y], "ReshapeOptions")
    return y


def constant(grown, x):
    y, c = (
        grown.tensor(12, 4),
        grown.model.tensor((1, 1, 12, 4), "int8", 0.05, data=grown.draw.rng.integers(-9, 9, (1, 1, 12, 4))),
    )
    grown.model.operator("ADD", [x, c], [y], "AddOptions")
    return y


@pytest.mark.parametrize(("grow", "why"), [
    (lambda grown, x: grown.pool(x, 3, stride=3), r"operator 0 \(AVERAGE_POOL_2D\) cannot be streamed: it computes a "
    r"row for 3 input rows; the product of strides must divide 4"),
    (lambda grown, x: grown.conv(x, 3, 3, stride=2), r"operator 0 \(CONV_2D\) cannot be streamed: it has a stride and "
    r"padding that depends on the length; use VALID padding, after PAD"),
    (uneven, r"operator 2 \(ADD\) cannot be streamed: it has inputs of different lengths along the time axis"),
    (backwards, r"operator 0 \(REVERSE_V2\) cannot be streamed: it does not compute each output row"),
    (along_time, r"operator 0 \(CONCATENATION\) cannot be streamed: it operates along the time axis"),
    (flattened, r"operator 0 \(RESHAPE\) cannot be streamed: it mixes values of different rows"),
    (constant, r"operator 0 \(ADD\) cannot be streamed: it has a constant operand that varies along the time axis"),
    (lambda grown, x: grown.conv(grown.crop(x, 2, 9), 3, 3), r"operator 1 \(CONV_2D\) cannot be streamed: it pads "
    r"rows that were cropped"),
])  # fmt: skip
def test_what_cannot_be_streamed(grow, why):
    message = refused(grow)
    assert re.search(f"^g.tflite: {why}", message) and "\n" not in message


def test_a_picture_has_no_time_axis():
    from tests.support.models import small_network

    with pytest.raises(BuildError, match=r"cannot be streamed: tensor .* of shape \[1, 6, 8, 4\] has no time axis"):
        schedule(load_graph(small_network()))


@pytest.mark.skipif(not which("cppcheck"), reason="needs cppcheck")
def test_cppcheck_finds_nothing(tmp_path):
    for name, case in (("one", CASES[0]), ("two", CASES[4]), ("three", STRIDED[0])):
        graph_of, every = graphs(*case)
        graph = graph_of(every)
        for file, text in compile_stream(graph, name, isa="dsp").files.items():
            (tmp_path / file).write_text(text)
    command = ["cppcheck", *CHECKS, *as_built("dsp"), f"-I{tmp_path}", *map(str, tmp_path.glob("*.c"))]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
