"""A stand-in for a tflite-micro tree and its library, for tests of projects that link TensorFlow Lite Micro.

The stand-in reproduces the properties of the real tree that have broken projects: headers of downloaded libraries, a
tensor whose layout depends on TF_LITE_STATIC_MEMORY, unused parameters, virtual destructors, an interpreter with a
destructor of its own, and release libraries without MicroPrintf."""

import subprocess
from pathlib import Path

from tests.support.paths import SUPPORT
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.runtime_sim.graphs.graph import Graph

STAND_IN = SUPPORT / "tflm_stand_in"
_DOWNLOADS = STAND_IN / "tensorflow/lite/micro/tools/make/downloads"
INCLUDES = tuple(f"-I{path}" for path in (STAND_IN, _DOWNLOADS / "flatbuffers/include", _DOWNLOADS / "gemmlowp"))
_FLAGS = ("-std=c++17", "-Os", "-fno-rtti", "-fno-exceptions", "-fno-threadsafe-statics")
_STATIC = ("-DTF_LITE_STATIC_MEMORY",)


def library(
    folder: Path,
    prefix: str = "",
    flags: tuple[str, ...] = (),
    release: bool = False,
    static: tuple[str, ...] = _STATIC,
) -> Path:
    """Build libtensorflow-microlite.a in `folder` with TFLM's flags, and return its path.

    `prefix` is the prefix of the compiler's programs. A `release` library has no error messages. Arduino's libraries
    are built without the options `static`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for source in sorted(STAND_IN.rglob("*.cc")):
        made.append(folder / f"{source.stem}.o")
        stripped = ["-DNDEBUG", "-DTF_LITE_STRIP_ERROR_STRINGS"] if release else []
        command = [f"{prefix}g++", *_FLAGS, *static, *flags, *stripped, *INCLUDES, "-c", source, "-o", made[-1]]
        subprocess.run(command, check=True)
    result = folder / "libtensorflow-microlite.a"
    subprocess.run([f"{prefix}ar", "rcs", result, *made], check=True)
    return result


def graphs_in_c(folder, graphs: dict) -> None:
    """Write C files that compute `graphs` in place of the interpreter. The keys are the prefixes of the flatbuffers'
    arrays."""
    lines = ["#include <string.h>", '#include "stand_in_graphs.h"', *(f'#include "real_{name}.h"' for name in graphs)]
    cases = []
    for number, (name, graph) in enumerate(graphs.items()):
        for file, text in compile_graph(graph, f"real_{name}", number, "portable").files.items():
            (folder / file).write_text(text)
        lines += [f"extern const unsigned char {name}_model_data[];", f"static struct real_{name} {name};"]
        ports = {"INPUT": ("input", graph.inputs), "OUTPUT": ("output", graph.outputs)}
        tests = [
            f"if (what == STAND_IN_{side} && index == {i}) return real_{name}_{port}_{i}(&{name});"
            for side, (port, tensors) in ports.items()
            for i in range(len(tensors))
        ]
        cases.append(
            f"if (flatbuffer == (const void *){name}_model_data) {{ {' '.join(tests)} "
            f"if (what == STAND_IN_RUN) {{ real_{name}_invoke(&{name}); return &{name}; }} {_started(name, graph)} }}"
        )
    body = "".join(f"    {case}\n" for case in cases)
    lines.append(f"void *stand_in_graph(const void *flatbuffer, int what, size_t index)\n{{\n{body}    return 0;\n}}\n")
    (folder / "stand_in_graphs.c").write_text("\n".join(lines))


def _started(name: str, graph: Graph) -> str:
    """Return C that sets the variables of a graph, if any, and overwrites its inputs, as TFLM's allocation does."""
    if not graph.variables:
        return ""
    spoilt = "".join(
        f"memset(real_{name}_input_{i}(&{name}), 0x55, {graph.tensors[index].nbytes}); "
        for i, index in enumerate(graph.inputs)
    )
    return f"if (what == STAND_IN_START) {{ {spoilt}real_{name}_reset(&{name}); }}"
