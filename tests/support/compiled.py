"""Run generated C on the host with sanitizers, and on emulated Cortex-M machines through semihosting."""

import os
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import zip_longest
from pathlib import Path

import numpy as np

from tests.support.object_cache import launcher
from ticktalk.firmware_gen.graph.arrays import initialiser
from ticktalk.firmware_gen.graph.model import compile_graph

HERE = Path(__file__).parent / "watch_kernels"
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1"]
# gcc detects undefined behaviour and invalid accesses, and clang gives warnings that gcc lacks.
HOST = {"gcc": ["gcc", "-O1", *SANITIZE], "clang": ["clang", "-O1"]}
CROSS = ["arm-none-eabi-gcc", "-mthumb", "-O2", "-ffreestanding", "-ffunction-sections"]
_TOGETHER = 16  # cases per source file
# The compiler, linker script and QEMU machine for each core. A Cortex-M4 has all instructions of a Cortex-M0+.
CORES = {
    "m0plus": ([*CROSS, "-mcpu=cortex-m0plus"], "m4.ld", "mps2-an386"),
    "m4": ([*CROSS, "-mcpu=cortex-m4"], "m4.ld", "mps2-an386"),
    "m33": ([*CROSS, "-mcpu=cortex-m33"], "m33.ld", "mps2-an505"),
    "m55": ([*CROSS, "-mcpu=cortex-m55", "-mfloat-abi=hard"], "m55.ld", "mps3-an547"),
}


def write(directory: Path, cases, isa: str, memory: Sequence[int | None] = (), **options) -> list[Path]:
    """Generate C code for every (graph, inputs) in `cases`, and a main program that runs it. `options` are arguments
    of compile_graph, and `memory` has that argument of each case.

    Return the paths of the .c files.
    """
    weights, sources = [], []  # the constants are in one file and the functions in a few, which makes compilation fast
    for number, ((graph, _), most) in enumerate(zip_longest(cases, memory)):
        for name, text in compile_graph(graph, f"case{number}", number, isa, memory=most, **options).files.items():
            if name.endswith("_weights.c"):
                weights.append(text)
            elif name.endswith(".c"):
                sources.append(text + "#undef TRACE\n")
            else:
                (directory / name).write_text(text)
    for start in range(0, len(sources), _TOGETHER):
        (directory / f"cases_{start}.c").write_text("".join(sources[start : start + _TOGETHER]))
    (directory / "weights.c").write_text("".join(weights))
    (directory / "main.c").write_text(_main(cases))
    return sorted(directory.glob("*.c"))


def _main(cases) -> str:
    """Return a main program that runs every case.

    Each trace is written as graph, tensor and byte count (int32 each), followed by the data.
    """
    lines = ['#include "harness.h"', '#include "string.h"']
    body = []
    for number, (_, inputs) in enumerate(cases):
        lines.append(f'#include "case{number}.h"')
        for i, values in enumerate(inputs):
            name = f"input_{number}_{i}"
            lines.append(
                f"static const int8_t {name}[] = {{\n{initialiser(values.reshape(-1).view(np.int8))}}};"
            )  # its bytes
            body.append(f"    memcpy(case{number}_input_{i}(&memory.case{number}), {name}, sizeof {name});")
        if cases[number][0].variables:
            body.append(f"    case{number}_reset(&memory.case{number});")
        body.append(f"    case{number}_invoke(&memory.case{number});")
    return "\n".join([*lines, *one_memory(len(cases)), "", "void run_cases(void)", "{", *body, "}", ""])


def one_memory(count: int) -> list[str]:
    """Return C code that defines memory for `count` graphs that run one after another."""
    return ["static union {", *(f"    struct case{n} case{n};" for n in range(count)), "} memory;"]


def compile_and_link(
    directory: Path,
    sources: list[Path],
    compiler: list[str],
    link: list[str],
    trace: bool = True,
    include: tuple[Path, ...] = (),
) -> Path:
    """Compile every source separately, two at a time, with warnings as errors. If `trace` is true, operators call
    tt_trace. `include` adds folders of headers to those of each source.

    Return the path of the linked program in `directory`.
    """
    flags = [*launcher(), *compiler, *STRICT, *(["-DTT_TRACE=1"] if trace else [])]

    def one(source: Path) -> str:
        # Without the names of temporary folders in the command, ccache recognises the same source in another folder.
        folders = [f"-I{os.path.relpath(each, source.parent)}" for each in (directory, *include)]
        target = directory / f"{source.stem}.o"
        command = [*flags, *folders, f"-I{HERE}", "-c", source.name, "-o", str(target)]
        result = subprocess.run(command, cwd=source.parent, capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return str(target)

    with ThreadPoolExecutor(2) as pool:
        objects = list(pool.map(one, sources))
    program = directory / "program"
    result = subprocess.run([*compiler, *objects, *link, "-o", str(program)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return program


def run_on_host(directory: Path, cases, isa: str, compiler: str = "gcc", **options) -> list[dict[int, np.ndarray]]:
    """Return the traced tensors of each case by tensor index, computed on the host."""
    sources = [*write(directory, cases, isa, **options), HERE / "host.c"]
    program = compile_and_link(directory, sources, HOST[compiler], [])
    result = subprocess.run([str(program)], capture_output=True)
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    return _traces(cases, result.stdout)


def run_emulated(directory: Path, cases, isa: str, core: str = "m4", **options) -> list[dict[int, np.ndarray]]:
    """Return the traced tensors of each case by tensor index, computed on one of the emulated machines in CORES."""
    compiler, script, name = CORES[core]
    sources = [*write(directory, cases, isa, **options), HERE / "bare.c"]
    program = compile_and_link(
        directory, sources, compiler, ["-nostartfiles", "--specs=picolibc.specs", f"-T{HERE / script}"]
    )
    machine = ["qemu-system-arm", "-M", name, "-display", "none", "-monitor", "none", "-serial", "none"]
    semihosting = ["-semihosting-config", "enable=on,target=native", "-kernel", str(program)]
    result = subprocess.run([*machine, *semihosting], capture_output=True, timeout=60, stdin=subprocess.DEVNULL)
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    return _traces(cases, result.stdout)


def _traces(cases, data: bytes) -> list[dict[int, np.ndarray]]:
    traces: list[dict[int, np.ndarray]] = [{} for _ in cases]
    at = 0
    while at < len(data):
        number, index, size = np.frombuffer(data, "<i4", 3, at).tolist()
        tensor = cases[number][0].tensors[index]
        values = np.frombuffer(data[at + 12 : at + 12 + size], tensor.dtype)
        traces[number][index] = values.reshape((*tensor.shape[:-1], -1) if tensor.shape else ())
        at += 12 + size
    return traces
