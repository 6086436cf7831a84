"""Graphs that are computed a few rows at a time: every row of every tensor, in the tick that the schedule says, for any length."""

import subprocess

import numpy as np
import pytest

from firmware_gen.arrays import initialiser
from firmware_gen.errors import BuildError
from firmware_gen.schedule import schedule
from firmware_gen.stream import compile_stream
from runtime_sim.errors import ModelError
from runtime_sim.graph import load_graph
from runtime_sim.simulator import Simulator
from tests import compiled
from tests.stacks import stack
from tests.streams import Stream, odd, rows_of, stream

BORDER = -1, -2         # what the main below sends between pushes, and before an output's rows
LENGTHS = 1, 2, 3, 4, 5, 8, 33


def main(cases, lengths) -> str:
    """C that runs every case for every length, with a record before each push and one for each output after it."""
    lines = ['#include "harness.h"', '#include "string.h"']
    body = ["    int32_t count;", "    bool more;"]
    for number, (graph, rows) in enumerate(cases):
        lines += [f'#include "case{number}.h"', f"static const int8_t rows_{number}[] = {{\n{initialiser(rows)}}};"]
        name, upper = f"case{number}", f"CASE{number}"
        row = f"{upper}_INPUT_0_ROW_BYTES"
        body += [f"    for (int32_t l = 0; l < {len(lengths)}; l++) {{", f"        {name}_reset();", "        int32_t at = 0;", "        do {",
                 f"            count = lengths[l] - at < {upper}_ROWS ? lengths[l] - at : {upper}_ROWS;",
                 "            if (count < 0) {", "                count = 0;", "            }",
                 f"            memset({name}_input_0, 85, (size_t)({upper}_ROWS * {row}));",
                 f"            memcpy({name}_input_0, &rows_{number}[at * {row}], (size_t)(count * {row}));",
                 f"            tt_trace({number}, {BORDER[0]}, &lengths[l], 4);",
                 f"            more = {name}_push(count);", f"            at += {upper}_ROWS;"]
        for i in range(len(graph.outputs)):
            body += [f"            tt_trace({number}, {BORDER[1] - i}, {name}_output_{i}, (uint32_t)({name}_output_{i}_rows * {upper}_OUTPUT_{i}_ROW_BYTES));"]
        body += ["        } while (more);", "    }"]
    table = f"static const int32_t lengths[] = {{{', '.join(map(str, lengths))}}};"
    return "\n".join([*lines, table, "", "void run_cases(void)", "{", *body, "}", ""])


def write(folder, cases, lengths, isa, rows):
    """All C of the cases."""
    for number, (graph, _) in enumerate(cases):
        for name, text in compile_stream(graph, f"case{number}", number, isa, None, rows).files.items():
            (folder / name).write_text(text)
    (folder / "main.c").write_text(main(cases, lengths))
    return sorted(folder.glob("*.c"))


def ticks_of(data: bytes, cases: int):
    """For each case, sequence after sequence, a list of pushes: {tensor or output: bytes}."""
    found, at = [[] for _ in range(cases)], 0
    while at < len(data):
        number, index, size = np.frombuffer(data, "<i4", 3, at).tolist()
        if index == BORDER[0]:
            found[number].append({})
        else:
            found[number][-1][index] = data[at + 12:at + 12 + size]
        at += 12 + size
    return found


def check(graph_of, found: list, lengths, rows: int, every: int) -> None:
    """Against the simulator's whole run of the graph made for each length; `every`: rows of input."""
    at = 0
    for length in lengths:
        plan, ticks = schedule(graph_of(max(every, length)), rows), found[at:]
        whole = {} if length < every else Simulator(plan.graph).run([_input(plan, length)])
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
                start = tick * rows - plan.delay
                end = min(start + rows, plan.length(index, length))
                got = traced[BORDER[1] - number]
                if length >= every:
                    expected = b"" if end <= start or start < 0 else _output(plan, whole, index, start, end, length)
                    assert got == expected, (length, tick, "output", number)
                elif plan.length(index, length) == 0:
                    assert got == b""
        at += plan.ticks(length)
    assert at == len(found)


def _input(plan, length):
    return rows_of(1, (64, plan.graph.tensors[plan.graph.inputs[0]].shape[3]))[None, None, :length]


def _rows(plan, whole, index, first, end):
    values = np.moveaxis(whole[index], plan.tensors[index].axis, 0)
    return values[first:end].tobytes()


def _output(plan, whole, index, first, end, length):
    return _rows(plan, {**whole, plan.graph.inputs[0]: _input(plan, length)}, index, first, end)


def run(tmp_path, cases, lengths, isa, rows, runner=None):
    sources = [*write(tmp_path, [(graph_of(every), rows_of(1, (64, graph_of(every).tensors[graph_of(every).inputs[0]].shape[3])))
                                 for graph_of, every in cases], lengths, isa, rows)]
    if runner is None:
        program = compiled.compile_and_link(tmp_path, [*sources, compiled.HERE / "host.c"], compiled.HOST["gcc"], [])
        result = subprocess.run([str(program)], capture_output=True)
        assert result.returncode == 0, result.stderr.decode(errors="replace")
        return ticks_of(result.stdout, len(cases))
    return ticks_of(runner(tmp_path, sources), len(cases))


def graphs(kind, *arguments):
    """A function from a length to a graph, and the shortest length that the file format can tell."""
    def of(time):
        seed, *rest = arguments
        return load_graph(kind(seed, time, *rest))

    for time in range(2, 64):
        try:
            of(time)
        except (ModelError, ValueError):        # tensors of no or fewer rows
            continue
        return of, time
    raise AssertionError(kind)


CASES = [(stream, 1, "SAME"), (stream, 2, "SAME"), (stream, 3, "VALID"), (stream, 4, "VALID"), (odd, 5), (odd, 6, "SAME")]


@pytest.mark.parametrize(("isa", "rows"), [("portable", 4), ("dsp", 4), ("dsp", 1), ("dsp", 3)])
def test_every_row_in_its_tick(tmp_path, isa, rows):
    cases = [graphs(*case) for case in CASES]
    for (graph_of, every), found in zip(cases, run(tmp_path, cases, LENGTHS, isa, rows)):
        check(graph_of, found, LENGTHS, rows, every)
