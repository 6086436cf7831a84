"""Compile a voice's library to WebAssembly.

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
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.firmware_gen.project.report import read_report
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
    compiler = zig()
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        library = export_library(voice, "host", Path(scratch, "library"), LibraryOptions(name="voice"))
        report = read_report(library)
        if not report["text"]:
            raise BuildError(f"voice '{voice.manifest['name']}' cannot read text in a browser: {report['no_text']}")
        out = Path(scratch, "voice.wasm")
        sources = sorted(str(file) for file in (library / "src").glob("*.c"))
        include = [f"-I{library / 'src'}", f"-I{_STRING_H}"]
        done = processes.run(
            [compiler, "cc", *_OPTIONS, *include, str(_HERE / "shim.c"), *sources, "-o", str(out)],
            tree=True,
            env={**os.environ, "ZIG_LOCAL_CACHE_DIR": scratch},
            text=True,
            errors="replace",
        )
        if done.returncode:
            lines = [line for line in done.stderr.splitlines() if "error" in line] or done.stderr.splitlines()
            raise BuildError(f"zig cc failed: {(lines or ['no output'])[0]}")
        wasm = out.read_bytes()
    version = processes.run([compiler, "version"], text=True).stdout.strip()
    return Module(wasm, report, f"zig {version}")
