"""Runs generated C: on the host with sanitizers, and on an emulated Cortex-M4 through semihosting."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from firmware_gen.arrays import initialiser
from firmware_gen.model import compile_graph

HERE = Path(__file__).parent / "watch_kernels"
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wconversion", "-Werror"]
SANITIZE = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1"]
# gcc watches for undefined behaviour and stray accesses, clang for what gcc does not warn of.
HOST = {"gcc": ["gcc", "-O1", *SANITIZE], "clang": ["clang", "-O1"]}
M4 = ["arm-none-eabi-gcc", "-mcpu=cortex-m4", "-mthumb", "-O2", "-ffreestanding", "-ffunction-sections"]


def write(directory: Path, cases, isa: str) -> list[Path]:
    """Generate C of every (graph, inputs) of `cases` and a main that runs them; the .c files."""
    weights = []            # of all cases in one file: constants compile fastest together
    for number, (graph, _) in enumerate(cases):
        for name, text in compile_graph(graph, f"case{number}", number, isa).files.items():
            if name.endswith("_weights.c"):
                weights.append(text)
            else:
                (directory / name).write_text(text)
    (directory / "weights.c").write_text("".join(weights))
    (directory / "main.c").write_text(_main(cases))
    return sorted(directory.glob("*.c"))


def _main(cases) -> str:
    """C that copies the inputs in, invokes, and frames every trace as graph, tensor, bytes (int32 each), data."""
    lines = ['#include "harness.h"', '#include "string.h"']
    body = []
    for number, (_, inputs) in enumerate(cases):
        lines.append(f'#include "case{number}.h"')
        for i, values in enumerate(inputs):
            name = f"input_{number}_{i}"
            lines.append(f"static const int8_t {name}[] = {{\n{initialiser(values.reshape(-1).view(np.int8))}}};")     # its bytes
            body.append(f"    memcpy(case{number}_input_{i}, {name}, sizeof {name});")
        body.append(f"    case{number}_invoke();")
    return "\n".join([*lines, "", "void run_cases(void)", "{", *body, "}", ""])


def compile_and_link(directory: Path, sources: list[Path], compiler: list[str], link: list[str]) -> Path:
    """The program; every source on its own with all warnings as errors, two at a time."""
    flags = [*compiler, *STRICT, "-DTT_TRACE=1", f"-I{directory}", f"-I{HERE}"]

    def one(source: Path) -> str:
        target = directory / f"{source.stem}.o"
        result = subprocess.run([*flags, "-c", str(source), "-o", str(target)], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return str(target)

    with ThreadPoolExecutor(2) as pool:
        objects = list(pool.map(one, sources))
    program = directory / "program"
    result = subprocess.run([*compiler, *objects, *link, "-o", str(program)], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return program


def run_on_host(directory: Path, cases, isa: str, compiler: str = "gcc") -> list[dict[int, np.ndarray]]:
    """Every traced tensor of every case, by tensor index."""
    sources = [*write(directory, cases, isa), HERE / "host.c"]
    program = compile_and_link(directory, sources, HOST[compiler], [])
    result = subprocess.run([str(program)], capture_output=True)
    assert result.returncode == 0, result.stderr.decode(errors="replace")
    return _traces(cases, result.stdout)


def run_on_m4(directory: Path, cases, isa: str) -> list[dict[int, np.ndarray]]:
    """The same on QEMU's mps2-an386."""
    sources = [*write(directory, cases, isa), HERE / "m4.c"]
    script = HERE / "m4.ld"
    program = compile_and_link(directory, sources, M4, ["-nostartfiles", "--specs=picolibc.specs", f"-T{script}"])
    machine = ["qemu-system-arm", "-M", "mps2-an386", "-display", "none", "-monitor", "none", "-serial", "none"]
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
        traces[number][index] = np.frombuffer(data[at + 12 : at + 12 + size], tensor.dtype).reshape(tensor.shape)
        at += 12 + size
    return traces
