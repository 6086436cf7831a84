"""Export a voice or a model as a library for a core: sources, CMake target, list of files, README and report.

export_library(load_voice("voices/heart"), "cortex-m33", "out")
export_library(load_voice("voices/heart"), None, "out", LibraryOptions(package="zephyr"))
export_library(load_voice("voices/heart"), None, "out", board=load_board("t-watch-s3"))
"""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from ticktalk.firmware_gen.burst import queues, weights_read, work
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import read_model
from ticktalk.firmware_gen.library import Library, check_prefix, model_library, voice_library
from ticktalk.firmware_gen.library_options import LibraryOptions
from ticktalk.firmware_gen.output_source import output_files
from ticktalk.firmware_gen.packages import core_of, description, package_files
from ticktalk.firmware_gen.project import folder
from ticktalk.firmware_gen.project.device import copied
from ticktalk.firmware_gen.project.notice import NAME as NOTICE
from ticktalk.firmware_gen.project.notice import notice
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.project.report import check_arena, check_fit
from ticktalk.firmware_gen.project.target import Target
from ticktalk.firmware_gen.sbom import NAME as SBOM
from ticktalk.firmware_gen.sbom import sbom
from ticktalk.firmware_gen.voice_code import voice_code
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import readable_stem

# The instruction set that the generated C code uses on each core.
CORES = {
    "cortex-m0plus": "portable",
    "cortex-m3": "portable",
    "cortex-m4": "dsp",
    "cortex-m7": "dsp",
    "cortex-m33": "dsp",
    "cortex-m55": "mve",
    "rv32imc": "portable",
    "xtensa-lx7": "portable",
    "host": "portable",
}


def export_library(
    source: Voice | Path | str,
    core: str | None,
    out_dir: Path | str,
    options: LibraryOptions | None = None,
    board: Target | None = None,
) -> Path:
    """Write the library of a voice or of the model in the file `source` to the folder `out_dir`, and return its path.

    `core` is a key of CORES, and each package has a default core. `board` replaces `core`, and must have room for the
    library and a speaker for a voice. A board file may name a default package, which is not used with external
    weights. Raises BuildError, ModelError, LanguageError.
    """
    options = options or LibraryOptions()
    voice = source if isinstance(source, Voice) else None
    if problem := options.problem(voice):
        raise BuildError(problem)
    package, name = options.package, options.name
    if board is not None:
        core = board.core
        if voice is not None and not board.has_speaker:
            raise BuildError(f"{board.name} has no speaker ({board.audio}), so it cannot have a voice")
        if voice is not None and not options.external:
            package = package or board.embedding.package or None
    if package is not None:
        core = core_of(package, core)
    core = check_core(core)
    isa = CORES[core]
    if isinstance(source, Voice):
        facts = {"kind": "voice", "name": source.manifest["name"], "hash": source.hash}
        name = name or _prefix(facts["name"])
        check_prefix(name)
        rows = options.rows_per_tick
        library = voice_library(source, isa, name, rows=rows, external=options.external)
        code, spoken = voice_code(
            source, library, board, name, "ticktalk", options.text, options.words, options.phrases
        )
        code |= output_files(source, name, options.output_rate, options.stereo)
        facts["output"] = {
            "rate": options.output_rate or source.manifest["sample_rate"],
            "channels": 2 if options.stereo else 1,
        }
        facts |= spoken | {"weights_read_per_second": weights_read(source, library, rows)}
        facts["work"] = work(source, library, core, isa, rows, spoken["text"] is not None)
    else:
        data = read_model(source)
        facts = {"kind": "model", "name": readable_stem(source), "hash": hashlib.sha256(data).hexdigest(), "text": None}
        name = name or _prefix(facts["name"])
        check_prefix(name)
        library = model_library(
            load_graph(data, str(source)), data, isa, name, stream=options.stream, memory=options.arena
        )
        check_arena(library.arena, options.arena, str(source))
        code = library.files
    facts |= {"constant_bytes": library.constants, "static_bytes": library.memory, "arena_bytes": library.arena}
    facts |= {"core": core, "isa": isa, "prefix": name, "external_bytes": len(library.weights)}
    if board is not None:
        check_fit(board, facts | {"runtime": "ticktalk"})
    sources = tuple(sorted(file for file in code if file.endswith(".c")))
    if package is not None and isinstance(source, Voice):
        facts["package"] = package
        around = package_files(package, description(source, sources, facts))
    else:
        around = _plain_files(sources, facts)
    return folder.write(_files(code, around, library, facts), out_dir)


def check_core(core: str | None) -> str:
    """Return `core`. Raises BuildError if the core is not a key of CORES."""
    if core not in CORES:
        raise BuildError(f"unknown core '{core}'; choose {', '.join(CORES)}")
    return core


def _plain_files(sources: Sequence[str], facts: dict) -> dict[str, str]:
    """Return the files of a library without a package, except those of `_files`."""
    name = facts["prefix"]
    return {
        "CMakeLists.txt": render("library/CMakeLists.txt.j2", name=name, sources=sources),
        "sources.mk": render("library/sources.mk.j2", name=name, sources=sources),
        **{f"freestanding/{file}": copied(f"freestanding/{file}") for file in ("memory.c", "string.h")},
        "README.md": render(
            "library/README.md.j2",
            name=name,
            core=facts["core"],
            kind=facts["kind"],
            converted=f"{name}_output.c" in sources,
            facts=facts | {"queues": queues(facts["work"]) if facts.get("work") else []},
        ),
    }


def _files(code: dict[str, str], around: dict[str, str], library: Library, facts: dict) -> dict[str, str | bytes]:
    """Return all files for the folder: the sources, the files around them, weights, NOTICE, report and SBOM."""
    files: dict[str, str | bytes] = {f"src/{file}": content for file, content in code.items()}
    files |= around
    if library.weights:
        files[f"{facts['prefix']}.weights.bin"] = library.weights
    files[NOTICE] = notice(facts)
    report = facts | {"build": folder.digest(files), "graphs": library.graphs}
    files["report.json"] = json.dumps(report, indent=2) + "\n"
    return files | {SBOM: sbom(files, facts)}


def _prefix(name: str) -> str:
    """Return a C prefix derived from the name of a voice or a file."""
    found = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return found if found[:1].isalpha() else f"model_{found}"
