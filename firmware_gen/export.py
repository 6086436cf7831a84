"""Export a voice or a model as a standalone C project with sources, build files, README and report.

export_voice(load_voice("voices/heart"), load_board("qemu-m4"), "out")
export_model("model.tflite", load_board("qemu-m4"), "out")
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ticktalk.firmware_gen import tflm_layout
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.model import compile_graph
from ticktalk.firmware_gen.graph.schedule import schedule
from ticktalk.firmware_gen.graph.stream import compile_stream
from ticktalk.firmware_gen.phrases.project import phrase_files
from ticktalk.firmware_gen.project import folder
from ticktalk.firmware_gen.project.build import checked_compiler
from ticktalk.firmware_gen.project.device import copied, device_files
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.project.report import check_fit, report_json
from ticktalk.firmware_gen.project.target import Target
from ticktalk.firmware_gen.text.reading import reading_of
from ticktalk.firmware_gen.vocoder_source import compile_vocoder
from ticktalk.runtime_sim.errors import ModelError
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.graphs.reader import load_graph
from ticktalk.runtime_sim.licence import commercial_use
from ticktalk.runtime_sim.prosody import LIMITS, ONE
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import read_bytes, readable_stem

RUNTIMES = ("ticktalk", "tflm")  # generated C, or TensorFlow Lite Micro linked from the user's own tree


@dataclass(frozen=True)
class _Graphs:
    """Compiled graphs.

    `files` maps file names to source text. `constants`, `arenas` and `lines` are the total sizes of constants, arenas
    and line buffers in bytes. `facts` holds each graph's entry in the report. `operators` lists the name, operators
    and arena size in bytes of each graph, for the README of a TFLM project.
    """

    files: dict[str, str]
    constants: int
    arenas: int
    lines: int
    facts: dict[str, dict]
    operators: list[tuple[str, list[str], int]]


def export_voice(
    voice: Voice,
    board: Target,
    out_dir: Path | str,
    runtime: str = "ticktalk",
    compiler: str = "gcc",
    text: str | None = None,
    words: Path | str | None = None,
    phrases: Sequence[Path | str] = (),
) -> Path:
    """Write the C project for a voice to the folder `out_dir`, and return its path.

    `text` is the language pack with which the watch reads text: a name, a folder, or "none". It defaults to the voice's
    own pack if the board has enough memory. If there is no pack, the report states the reason. `words` is a file of the
    user's own pronunciations. `phrases` are files of fixed phrases, or "clock" (see `phrases.project`); they need no
    language pack on the watch.

    Raises BuildError if the project does not fit the board.
    """
    sources = {name: (voice.graphs[name], voice.models[name]) for name in ("phoneme", "frame")}
    graphs = _compile(sources, board, runtime, own_arena=False, stream=runtime == "ticktalk")
    vocoder = compile_vocoder(voice, "vocoder")
    limit = voice.manifest["phonemes"]["limit"]
    constant_bytes = graphs.constants + vocoder.facts["constant_bytes"] + _table_bytes(voice)
    static_bytes = graphs.arenas + graphs.lines + vocoder.facts["state_bytes"] + _speech_bytes(voice, graphs, runtime)
    reading, no_text = reading_of(
        voice, board, text, constant_bytes, static_bytes, library=runtime == "tflm", words=words
    )
    if words is not None and reading is None and not phrases:
        raise BuildError(f"{words}: own words need a language pack on the watch, but there is none: {no_text}")
    files = graphs.files | vocoder.files | _voice_files(voice, graphs.arenas, runtime)
    files |= reading.files if reading else {}
    files |= phrase_files(voice, text, words, phrases)
    facts = {
        "kind": "voice",
        "name": voice.manifest["name"],
        "hash": voice.hash,
        "arena_bytes": graphs.arenas,
        "compiler": checked_compiler(compiler),
        "sample_rate": voice.manifest["sample_rate"],
        "limit": limit,
        "teacher": voice.manifest.get("teacher", {}),
        "constant_bytes": constant_bytes,
        "static_bytes": static_bytes,
        "text": reading.facts() if reading else None,
        "no_text": no_text,
    }
    return _write(files, board, facts, graphs, "voice", "speak", out_dir, runtime)


def export_model(
    path: Path | str,
    board: Target,
    out_dir: Path | str,
    runtime: str = "ticktalk",
    stream: bool = False,
    compiler: str = "gcc",
) -> Path:
    """Write the C project for a model to the folder `out_dir`, and return its path.

    The model's inputs and outputs are transferred over the console.
    If `stream` is true, the graph takes its inputs a few rows at a time, and the application buffers whole inputs and
    outputs. Raises ModelError if the model is unusable, BuildError if the project does not fit the board.
    """
    data = read_model(path)
    graph = load_graph(data, str(path))
    if stream and runtime != "ticktalk":
        raise BuildError(f"runtime '{runtime}' cannot stream a graph; use runtime 'ticktalk'")
    graphs = _compile({"model": (graph, data)}, board, runtime, own_arena=True, stream=stream)
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
    source = "graph/model_io_stream.c.j2" if stream else "graph/model_io.c.j2"
    files = graphs.files | {
        "model_io.h": copied("graph/model_io.h"),
        "model_io.c": render(source, length=_length(graph) if stream else None, **ports),
    }
    buffers = sum(graph.tensors[index].nbytes for index in (*graph.inputs, *graph.outputs)) if stream else 0
    facts = {
        "kind": "model",
        "name": readable_stem(path),
        "hash": hashlib.sha256(data).hexdigest(),
        "arena_bytes": graphs.arenas,
        "compiler": checked_compiler(compiler),
        "sample_rate": 0,
        "limit": 0,
        "constant_bytes": graphs.constants,
        "static_bytes": graphs.arenas + graphs.lines + buffers,
        "text": None,
        "no_text": None,
    }
    return _write(files, board, facts, graphs, "model", "run", out_dir, runtime)


def _length(graph: Graph) -> int:
    """Return the number of input rows of a streaming graph."""
    index = graph.inputs[0]
    return graph.tensors[index].shape[schedule(graph).tensors[index].axis]


def _compile(
    sources: dict[str, tuple[Graph, bytes]], board: Target, runtime: str, own_arena: bool, stream: bool
) -> _Graphs:
    """Compile each graph to C. If `own_arena` is true, each graph has its own arena."""
    if runtime not in RUNTIMES:
        raise BuildError(f"unknown runtime '{runtime}'; choose {' or '.join(RUNTIMES)}")
    translate = compile_stream if stream else compile_graph
    compiled = {
        name: translate(graph, name, number, board.isa, own_arena)
        for number, (name, (graph, _)) in enumerate(sources.items())
    }
    facts = {name: each.facts for name, each in compiled.items()}
    if runtime == "ticktalk":
        files = {file: text for each in compiled.values() for file, text in each.files.items()}
        constants = sum(each["weight_bytes"] + each["bias_bytes"] + each["table_bytes"] for each in facts.values())
        lines = sum(each.get("line_bytes", 0) for each in facts.values())
        return _Graphs(files, constants, max(each["arena_bytes"] for each in facts.values()), lines, facts, [])
    files, operators = {}, []
    for name, (graph, data) in sources.items():
        made, arena_bytes = tflm_layout.graph_files(graph, data, name)
        files |= made
        operators.append((name, tflm_layout.operator_names(graph), arena_bytes))
    return _Graphs(
        files, sum(len(data) for _, data in sources.values()), sum(size for *_, size in operators), 0, facts, operators
    )


def read_model(path: Path | str) -> bytes:
    """Return the bytes of a .tflite file. Raises ModelError if it cannot be read."""
    try:
        return read_bytes(path)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None


def _write(
    common: dict[str, str],
    board: Target,
    facts: dict,
    graphs: _Graphs,
    kind: str,
    program: str,
    out_dir: Path | str,
    runtime: str,
) -> Path:
    """Add the files common to all projects and write the project."""
    facts = facts | {"runtime": runtime}
    check_fit(board, facts)
    theirs = runtime == "tflm"
    target_arch, abi = tflm_layout.target_of(board.core) if theirs else (None, None)
    text = facts["text"] is not None
    common = common | {
        "trace.h": copied("graph/trace.h"),
        "identity.h": copied("speech/identity.h"),
        "parts.h": render("project/parts.h.j2", text=int(text)),
    }
    files = {f"src/{name}": content for name, content in common.items()}
    files |= device_files(board, f"{kind}_app.c", library=theirs, abi=abi, text=text)
    files |= {f"src/host/{name}": copied(f"host/{name}") for name in (f"{kind}_main.c", "trace_host.c")}
    sources = {
        "common": sorted([name for name in common if name.endswith((".c", ".cc"))] + ["identity.c"]),
        **{
            side: sorted(
                name.rsplit("/", 1)[1] for name in files if name.startswith(f"src/{side}/") and name.endswith(".c")
            )
            for side in ("device", "host")
        },
    }
    if "teacher" in facts:
        files["NOTICE"] = render(
            "project/NOTICE.j2",
            name=facts["name"],
            teacher=facts["teacher"],
            use=commercial_use(facts["teacher"]),
            pack=facts["text"],
        )
    cmake, readme = (
        ("tflm/CMakeLists.txt.j2", "tflm/README.md.j2")
        if theirs
        else ("project/CMakeLists.txt.j2", f"project/README.{kind}.md.j2")
    )
    files["CMakeLists.txt"] = render(
        cmake, board=board, compiler=facts["compiler"], project=f"ticktalk_{kind}", host_program=program, **sources
    )
    build_id = folder.digest(files)
    files["src/identity.c"] = render(
        "speech/identity.c.j2", arena_bytes=facts["arena_bytes"], lines=_banner(board, facts, build_id)
    )
    files["README.md"] = render(
        readme, board=board, facts=facts, build_id=build_id, target_arch=target_arch, table=graphs.operators
    )
    files["report.json"] = report_json(board, facts | {"graphs": graphs.facts}, build_id)
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
    if facts["text"]:
        lines += [f"text={plain(facts['text']['pack'])}", f"text_hash={facts['text']['hash']}"]
    if "teacher" in facts:
        lines += [
            f"licence={plain(facts['teacher'].get('licence', 'unknown'))}",
            f"commercial={commercial_use(facts['teacher'])}",
        ]
    return lines


def _voice_files(voice: Voice, arena_bytes: int, runtime: str) -> dict[str, str]:
    """Return speech.c, voice.c and their headers."""
    ours = runtime == "ticktalk"
    manifest, tables = voice.manifest, voice.tables
    sizes = {
        "name": manifest["name"],
        "sample_rate": manifest["sample_rate"],
        "hop": manifest["hop"],
        "limit": manifest["phonemes"]["limit"],
        "ids": min(len(tables["embedding"]), 256),
        "embedded": tables["embedding"].shape[1],
        "hidden": voice.width("phoneme", "hidden"),
        "positions": len(tables["position"]),
        "arena_bytes": arena_bytes,
    }
    arrays = [
        ("int8_t voice_embedding[VOICE_IDS][VOICE_EMBEDDED]", tables["embedding"][: sizes["ids"]]),
        ("int8_t voice_hidden_to_frame[256]", tables["hidden_to_frame"]),
        ("int8_t voice_position[VOICE_POSITIONS]", tables["position"]),
        ("uint16_t voice_duration[256]", tables["duration"]),
    ]
    memory = dict.fromkeys(voice.graphs, "arena") if ours else {"phoneme": "&phoneme", "frame": "&frame_graph"}
    graphs = {name: _speech_names(voice, name, memory[name]) for name in voice.graphs}
    roles = [(role, voice.width("frame", role)) for role in ("pitch", "voicing", *voice.spectral_widths)]
    return {
        "prosody.h": render("speech/prosody.h.j2", one=ONE, limits=LIMITS),
        "prosody.c": copied("speech/prosody.c"),
        "speech.h": copied("speech/speech.h"),
        "speech.c": render("speech/speech.c.j2" if ours else "speech/speech_chunked.c.j2", roles=roles, **graphs),
        "voice.h": render("speech/voice.h.j2", **sizes),
        "voice.c": render(
            "speech/voice.c.j2",
            arrays=[(d, [Code(row) for row in _rows(values)]) for d, values in arrays],
            **sizes,
        ),
    }


def _speech_names(voice: Voice, name: str, memory: str) -> dict:
    """Return a graph's template context for speech.c.

    It contains the chunk, context and zero point, and C expressions for the addresses of input and outputs.
    `memory` is the argument of the C functions that return the addresses of input and outputs.
    """
    part, graph = voice.manifest["graphs"][name], voice.graphs[name]
    outputs = {role: f"{name}_output_{i}({memory})" for i, role in enumerate(part["outputs"])}
    zero = graph.tensors[graph.inputs[0]].zero_point
    return {
        "chunk": part["chunk"],
        "context": part["context"],
        "zero": zero,
        "input": f"{name}_input_0({memory})",
        "outputs": outputs,
        **outputs,
    }


def _rows(values: np.ndarray) -> list[str]:
    """Return the lines of a C initialiser: one braced row per line for a matrix, 16 numbers per line for a vector."""
    if values.ndim == 2:
        return ["{" + ", ".join(map(str, row)) + "}," for row in values.tolist()]
    texts = [str(value) for value in values.tolist()]
    return [", ".join(texts[i : i + 16]) + "," for i in range(0, len(texts), 16)]


def _speech_bytes(voice: Voice, graphs: _Graphs, runtime: str) -> int:
    """Return the size of speech.c's buffers in bytes.

    They hold the ids and a few ticks of phoneme outputs. With TFLM, they hold the outputs of all phonemes instead.
    """
    limit, phoneme = voice.manifest["phonemes"]["limit"], voice.width("phoneme", "hidden") + 4
    if runtime == "tflm":
        return limit * phoneme
    return limit + phoneme * sum(each["rows"] for each in graphs.facts.values())


def _table_bytes(voice: Voice) -> int:
    return sum(voice.tables[name].nbytes for name in ("embedding", "hidden_to_frame", "position", "duration"))
