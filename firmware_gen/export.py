"""Export a voice or a model as a standalone C project with sources, build files, README and report.

export_voice(load_voice("voices/heart"), load_board("qemu-m4"), "out")
export_model("model.tflite", load_board("qemu-m4"), "out")
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from ticktalk.firmware_gen import tflm_layout
from ticktalk.firmware_gen.burst import weights_read, work
from ticktalk.firmware_gen.chips import settings
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.schedule import ROWS, schedule
from ticktalk.firmware_gen.library import Library, model_library, voice_library
from ticktalk.firmware_gen.output_source import output_files
from ticktalk.firmware_gen.project import folder
from ticktalk.firmware_gen.project.build import checked_compiler
from ticktalk.firmware_gen.project.device import copied, device_files
from ticktalk.firmware_gen.project.notice import NAME as NOTICE
from ticktalk.firmware_gen.project.notice import notice
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.project.report import check_arena, check_fit, free_ram, report_json
from ticktalk.firmware_gen.project.target import Target
from ticktalk.firmware_gen.sbom import NAME as SBOM
from ticktalk.firmware_gen.sbom import sbom
from ticktalk.firmware_gen.voice_code import voice_code
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.licence import commercial_use
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import read_bytes, readable_stem


def export_voice(
    voice: Voice,
    board: Target,
    out_dir: Path | str,
    runtime: str = "ticktalk",
    compiler: str = "gcc",
    text: str | None = None,
    words: Path | str | None = None,
    phrases: Sequence[Path | str] = (),
    name: str = "voice",
    output_rate: int | None = None,
    stereo: bool = False,
) -> Path:
    """Write the C project for a voice to the folder `out_dir`, and return its path.

    `text` is the language pack that the watch uses to read text: a name, a folder, or "none". The default is the
    voice's own pack if the board has enough memory for it. If the project has no pack, the report states the reason.
    `words` is a file with the user's own pronunciations. `phrases` are files of fixed phrases, or "clock" (see
    `phrases.project`); they need no language pack on the watch.

    `name` is the prefix of files and symbols of the speech library. With `output_rate` in Hz or `stereo`, the console
    and the host program return converted samples (see output_source.py), which the board's own sound output cannot
    play. Raises BuildError if the project does not fit the board.
    """
    library = voice_library(voice, board.isa, name, runtime)
    files, spoken = voice_code(voice, library, board, name, runtime, text, words, phrases)
    output = output_files(voice, name, output_rate, stereo)
    files |= output
    facts = {
        "kind": "voice",
        "name": voice.manifest["name"],
        "hash": voice.hash,
        "arena_bytes": library.arena,
        "compiler": checked_compiler(compiler),
        "sample_rate": voice.manifest["sample_rate"],
        "limit": voice.manifest["phonemes"]["limit"],
        "constant_bytes": library.constants,
        "static_bytes": library.memory,
        "converted": bool(output),
        "speakers": voice.speakers,
        **spoken,
    }
    if runtime == "ticktalk":
        facts["work"] = work(voice, library, board.core, board.isa, ROWS, spoken["text"] is not None)
        facts["weights_read_per_second"] = weights_read(voice, library, ROWS)
    return _write(files, board, facts, library, "voice", "speak", out_dir, runtime, name)


def export_model(
    path: Path | str,
    board: Target,
    out_dir: Path | str,
    runtime: str = "ticktalk",
    stream: bool = False,
    compiler: str = "gcc",
    name: str = "model",
    arena: int | None = None,
) -> Path:
    """Write the C project for a model to the folder `out_dir`, and return its path.

    The model's inputs and outputs are transferred over the console.
    If `stream` is true, the graph takes its inputs a few rows at a time, and the application buffers whole inputs and
    outputs. `arena` is the most bytes of the arena, by default the board's free RAM (see firmware_gen/graph/bands.py).
    Runtime "tflm" also accepts models that only TFLite Micro supports. Raises ModelError if the model is unusable, or
    BuildError if the project does not fit the board.
    """
    data = read_model(path)
    graph = (tflm_layout.any_graph if runtime == "tflm" else load_graph)(data, str(path))
    library = model_library(
        graph, data, board.isa, name, runtime, stream, board.slow_flash, board.short_loops, arena or free_ram(board)
    )
    check_arena(library.arena, arena, str(path))
    ports = {
        name: [
            {
                "bytes": graph.tensors[index].nbytes,
                "shape": f"{graph.tensors[index].dtype} {list(graph.tensors[index].shape)}",
            }
            for index in indices
        ]
        for name, indices in (("inputs", graph.inputs), ("outputs", graph.outputs))
    }
    state = tflm_layout.keeps_state(graph) if runtime == "tflm" else bool(graph.variables)
    source = "graph/model_io_stream.c.j2" if stream else "graph/model_io.c.j2"
    files = library.files | {
        "model_io.h": render("graph/model_io.h.j2", name=name),
        "model_io.c": render(source, name=name, length=_length(graph) if stream else None, state=state, **ports),
    }
    buffers = sum(graph.tensors[index].nbytes for index in (*graph.inputs, *graph.outputs)) if stream else 0
    facts = {
        "kind": "model",
        "name": readable_stem(path),
        "hash": hashlib.sha256(data).hexdigest(),
        "arena_bytes": library.arena,
        "compiler": checked_compiler(compiler),
        "sample_rate": 0,
        "limit": 0,
        "constant_bytes": library.constants,
        "static_bytes": library.memory + buffers,
        "text": None,
        "no_text": None,
        "converted": False,
        "speakers": [],
    }
    return _write(files, board, facts, library, "model", "run", out_dir, runtime, name)


def _length(graph: Graph) -> int:
    """Return the number of input rows of a streaming graph."""
    plan, index = schedule(graph), graph.inputs[0]
    return graph.tensors[index].shape[plan.axis(index)]


def read_model(path: Path | str) -> bytes:
    """Return the contents of a .tflite file. Raises ModelError if the file cannot be read."""
    try:
        return read_bytes(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None


def _write(
    common: dict[str, str],
    board: Target,
    facts: dict,
    library: Library,
    kind: str,
    program: str,
    out_dir: Path | str,
    runtime: str,
    name: str,
) -> Path:
    """Add the files common to all projects and write the project."""
    facts = facts | {"runtime": runtime}
    check_fit(board, facts)
    theirs = runtime == "tflm"
    target_arch, abi = tflm_layout.target_of(board.core) if theirs else (None, None)
    text = facts["text"] is not None
    chip = settings(board, facts["sample_rate"])
    if chip.sound and facts["converted"]:
        raise BuildError(f"{board.name} plays {facts['sample_rate']} Hz itself; leave out --output-rate and --stereo")
    parts = render("project/parts.h.j2", text=int(text), chip_state=int(board.clock is not None))
    common = common | {"parts.h": parts}
    files = {f"src/{file}": content for file, content in common.items()}
    files |= device_files(
        board, kind, name, library=theirs, abi=abi, text=text, chip=chip, converted=facts["converted"]
    )
    files |= {
        f"src/host/{kind}_main.c": render(f"host/{kind}_main.c.j2", name=name, converted=facts["converted"]),
        "src/host/trace_host.c": copied("host/trace_host.c"),
    }
    sources = {
        "common": sorted(file for file in common if file.endswith((".c", ".cc"))),
        **{
            side: sorted(
                [file.rsplit("/", 1)[1] for file in files if file.startswith(f"src/{side}/") and file.endswith(".c")]
                + ["identity.c"] * (side == "device")
            )
            for side in ("device", "host")
        },
    }
    files[NOTICE] = notice(facts, runtime)
    cmake, readme = (
        ("tflm/CMakeLists.txt.j2", "tflm/README.md.j2")
        if theirs
        else ("project/CMakeLists.txt.j2", f"project/README.{kind}.md.j2")
    )
    files["CMakeLists.txt"] = render(
        cmake, board=board, compiler=facts["compiler"], project=f"ticktalk_{kind}", host_program=program, **sources
    )
    build_id = folder.digest(files)
    files["src/device/identity.c"] = render(
        "device/identity.c.j2", arena_bytes=facts["arena_bytes"], lines=_banner(board, facts, build_id)
    )
    files["README.md"] = render(
        readme,
        name=name,
        board=board,
        facts=facts,
        build_id=build_id,
        target_arch=target_arch,
        commit=tflm_layout.COMMIT,
        table=library.operators,
    )
    files["report.json"] = report_json(
        board,
        facts | {"graphs": library.graphs, "prefix": name, "sound": chip.sound.report() if chip.sound else None},
        build_id,
    )
    files[SBOM] = sbom(files, facts)
    return folder.write(files, out_dir)


def _banner(board: Target, facts: dict, build_id: str) -> list[str]:
    """Return the lines of the console banner.

    User text is truncated to 64 characters, and unsafe characters are replaced with underscores.
    """

    def plain(text: str) -> str:
        return "".join(c if (c.isalnum() and c.isascii()) or c in "-_. " else "_" for c in text)[:64]

    lines = [
        "product=ticktalk",
        "protocol=1",
        f"board={board.name}",
        f"kind={facts['kind']}",
        f"name={plain(facts['name'])}",
        f"build={build_id}",
        f"voice={facts['hash']}",
        f"sample_rate={facts['sample_rate']}",
        f"limit={facts['limit']}",
    ]
    if facts["speakers"]:
        lines.append(f"speakers={','.join(facts['speakers'])}")
    if facts["text"]:
        lines += [f"text={plain(facts['text']['pack'])}", f"text_hash={facts['text']['hash']}"]
    if "teacher" in facts:
        lines += [
            f"licence={plain(facts['teacher'].get('licence', 'unknown'))}",
            f"commercial={commercial_use(facts['teacher'])}",
        ]
    return lines
