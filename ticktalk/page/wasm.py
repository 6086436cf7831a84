"""Compile the library of a voice or model to WebAssembly.

module = compile_voice(load_voice("voices/heart-nano"))
"""

import importlib.util
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ticktalk import firmware_gen
from ticktalk.firmware_gen.errors import BuildError, MissingToolError
from ticktalk.firmware_gen.export import read_model
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system import processes
from ticktalk.system.installing import pip_install

_HERE = Path(__file__).parent
_OPTIONS = (
    "-target", "wasm32-freestanding", "-std=c11", "-O2", "-msimd128", "-mbulk-memory", "-Wall", "-Werror",
    "-Wl,--no-entry", "-Wl,--strip-all", "-Wl,-z,stack-size=65536",
)  # fmt: skip
_STRING_H = Path(firmware_gen.__file__).parent / "templates" / "freestanding"


@dataclass(frozen=True)
class Module:
    """A voice as WebAssembly: the module, the report of its library, and the version of the compiler."""

    wasm: bytes
    report: dict
    compiler: str


def zig() -> str:
    """Return the path of zig, from the package ziglang or the PATH. Raises MissingToolError if zig is not installed."""
    package = importlib.util.find_spec("ziglang")
    for folder in (package and package.submodule_search_locations) or []:
        if found := shutil.which("zig", path=folder):
            return found
    if found := shutil.which("zig"):
        return found
    raise MissingToolError(f"zig, which compiles C to WebAssembly, is not installed: {pip_install('page')}")


def compile_voice(voice: Voice) -> Module:
    """Return a voice with its language pack as a module for voice.js.

    Raises BuildError if the voice has no language pack or compilation fails, and MissingToolError if zig is not
    installed.
    """
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        library = export_library(voice, "host", Path(scratch, "library"), LibraryOptions(name="voice"))
        report = read_report(library)
        if not report["text"]:
            raise BuildError(f"voice '{voice.manifest['name']}' cannot read text in a browser: {report['no_text']}")
        return _compiled(library, (_HERE / "shim.c").read_text(encoding="utf-8"), report, scratch)


def compile_model(model: Path) -> Module:
    """Return the .tflite file `model` as a module for graph.js, with a trace of every tensor.

    Raises BuildError if compilation fails, ModelError, and MissingToolError if zig is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        library = export_library(model, "host", Path(scratch, "library"), LibraryOptions(name="model"))
        report = read_report(library)
        graph, header = load_graph(read_model(model), str(model)), (library / "src" / "model.h").read_text()
        shim = (_HERE / "model_shim.c").read_text(encoding="utf-8")
        for kind, count in (("input", len(graph.inputs)), ("output", len(graph.outputs))):
            calls = ", ".join(f"model_{kind}_{number}(&graph)" for number in range(count))
            shim = shim.replace(f"{{{kind.upper()}S}}", f"{{{calls}}}")
        shim = shim.replace("RESET;", "model_reset(&graph);" if "model_reset(" in header else "(void)graph;")
        return _compiled(library, shim, report, scratch, "-DTT_TRACE")


def _compiled(library: Path, shim: str, report: dict, scratch: str, *options: str) -> Module:
    """Compile the sources of a library and the interface `shim` to a module, and return it."""
    compiler, out, main = zig(), Path(scratch, "out.wasm"), Path(scratch, "shim.c")
    main.write_text(shim, encoding="utf-8")
    sources = sorted(str(file) for file in (library / "src").glob("*.c"))
    include = [f"-I{library / 'src'}", f"-I{_STRING_H}"]
    done = processes.run(
        [compiler, "cc", *_OPTIONS, *options, *include, str(main), *sources, "-o", str(out)],
        tree=True,
        env={**os.environ, "ZIG_LOCAL_CACHE_DIR": scratch},
        text=True,
        errors="replace",
    )
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
        raise BuildError(f"zig cc failed: {(lines or ['no output'])[0]}")
    version = processes.run([compiler, "version"], text=True).stdout.strip()
    return Module(out.read_bytes(), report, f"zig {version}")
