"""Generate the C code of a voice or a model as a library, without start-up code, board support or static memory.

library = voice_library(load_voice("voices/heart"), "dsp", "heart")
"""

import re
from dataclasses import dataclass, field
from typing import Any

from ticktalk.firmware_gen import external_weights, tflm_layout
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.model import check_names, compile_graph
from ticktalk.firmware_gen.graph.schedule import ROWS
from ticktalk.firmware_gen.graph.stream import compile_stream
from ticktalk.firmware_gen.project.device import copied
from ticktalk.firmware_gen.speech_source import compile_speech
from ticktalk.firmware_gen.vocoder_source import compile_vocoder
from ticktalk.runtime_sim.graphs.graph import Graph
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.errors import shown

RUNTIMES = ("ticktalk", "tflm")  # generated C code, or TensorFlow Lite Micro linked from the user's own tree


_TAKEN = ("ticktalk", "tt", "trace", "parts", "model_io")  # names of files
# What follows the prefix in names of a voice's files and symbols: "one_text" would share names with "one".
_PARTS = ("frame", "output", "phoneme", "phrases", "pieces", "say", "tables", "text", "utterances", "vocoder")


def check_prefix(name: str) -> None:
    """Raise BuildError unless `name` can be the prefix of generated C files and symbols."""
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,30}", name) or name in _TAKEN or name.startswith("tt_"):
        raise BuildError(
            f"--name {shown(name)}: must be a lower-case C identifier of at most 31 characters, other than "
            f"{', '.join(_TAKEN)} and names that begin with tt_"
        )
    if part := re.search(rf"_({'|'.join(_PARTS)})(?=_|$)", name):
        raise BuildError(
            f"--name {name}: '{part[0]}' would make names that a voice with the prefix '{name[: part.start()]}' also "
            "has; choose another --name"
        )


@dataclass(frozen=True)
class Library:
    """The generated C code and its facts.

    `files` maps file names to source text. `constants`, `arena` and `memory` are sizes in bytes: of all constants, of
    the tensor arena, and of the struct that holds the state, including the arena. `graphs` holds each graph's entry in
    the report. `operators` lists the C name, operators and arena size in bytes of each graph, for TFLM. `speech` is the
    context of a voice's interface (see `speech_source.interface`). `weights` are the contents of NAME.weights.bin, if
    the constants of the graphs are not part of the code.
    """

    files: dict[str, str]
    constants: int
    arena: int
    memory: int
    graphs: dict[str, dict]
    operators: list[tuple[str, list[str], int]]
    speech: dict = field(default_factory=dict)
    weights: bytes = b""
    blobs: dict[str, bytes] = field(default_factory=dict)  # the external constants of each graph


def voice_library(
    voice: Voice, isa: str, name: str, runtime: str = "ticktalk", rows: int = ROWS, external: bool = False
) -> Library:
    """Return the library of a voice, whose symbols and files begin with `name`.

    `isa` is one of compile_graph's instruction sets, and `rows` is the number of frames that a tick computes. If
    `external` is true, the constants of the graphs are not part of the code (see external_weights.py). Raises
    BuildError for an unknown runtime.
    """
    sources = {part: (voice.graphs[part], voice.models[part]) for part in ("phoneme", "frame")}
    symbols = {part: f"{name}_{part}" for part in sources}
    graphs = _compile(sources, symbols, isa, runtime, own_arena=False, rows=rows, external=external)
    weights = external_weights.weights(name, graphs.blobs) if external else None
    vocoder = compile_vocoder(voice, f"{name}_vocoder", isa)
    speech = compile_speech(voice, name, graphs.graphs if runtime == "ticktalk" else None, graphs.arena, weights)
    return Library(
        graphs.files | vocoder.files | speech.files,
        graphs.constants + vocoder.facts["constant_bytes"] + speech.facts["constant_bytes"],
        graphs.arena,
        graphs.memory + vocoder.facts["state_bytes"] + speech.facts["state_bytes"],
        graphs.graphs,
        graphs.operators,
        speech.context,
        weights.data if weights else b"",
    )


def model_library(
    graph: Graph,
    data: bytes,
    isa: str,
    name: str,
    runtime: str = "ticktalk",
    stream: bool = False,
    slow_flash: bool = False,
    short_loops: bool = False,
    memory: int | None = None,
) -> Library:
    """Return the library of a model. If `stream` is true, the graph takes its inputs a few rows at a time. For
    `slow_flash`, `short_loops` and `memory`, see compile_graph."""
    if stream and runtime != "ticktalk":
        raise BuildError(f"runtime '{runtime}' cannot stream a graph; use runtime 'ticktalk'")
    rows = ROWS if stream else 0
    return _compile(
        {"model": (graph, data)},
        {"model": name},
        isa,
        runtime,
        True,
        rows,
        slow_flash=slow_flash,
        short_loops=short_loops,
        memory=memory,
    )


def _compile(
    sources: dict[str, tuple[Graph, bytes]],
    symbols: dict[str, str],
    isa: str,
    runtime: str,
    own_arena: bool,
    rows: int,
    external: bool = False,
    **options: Any,
) -> Library:
    """Compile graphs to C. `symbols` maps each graph's name to its C prefix. If `rows` is 0, the graphs take whole
    inputs, and `options` are passed to compile_graph."""
    if runtime not in RUNTIMES:
        raise BuildError(f"unknown runtime '{runtime}'; choose {' or '.join(RUNTIMES)}")
    theirs = runtime == "tflm"
    blobs: dict[str, bytes] = {}
    facts, files, operators = {}, {"trace.h": copied("graph/trace.h"), "ticktalk.h": copied("ticktalk.h")}, []
    for number, (name, (graph, data)) in enumerate(sources.items()):
        check_names(symbols[name], isa)
        if theirs:
            if tflm_layout.keeps_state(graph) and not own_arena:
                raise BuildError(f"{graph.name}: has variables, which are not supported in a voice")
            made, arena = tflm_layout.graph_files(graph, data, symbols[name], isa)
            facts[name] = tflm_layout.facts_of(graph, isa) | {"symbol": symbols[name]}
            operators.append((symbols[name], tflm_layout.operator_names(graph), arena))
            files |= made
            continue
        if rows:
            compiled = compile_stream(graph, symbols[name], number, isa, own_arena, rows, external)
            blobs[name] = compiled.constants
        else:
            compiled = compile_graph(graph, symbols[name], number, isa, own_arena, **options)
        facts[name] = compiled.facts | {"symbol": symbols[name]}
        files |= compiled.files
    if theirs:
        arena = sum(size for *_, size in operators)
        return Library(files, sum(len(data) for _, data in sources.values()), arena, arena, facts, operators)
    constants = sum(each["weight_bytes"] + each["bias_bytes"] + each["table_bytes"] for each in facts.values())
    arena = max(each["arena_bytes"] for each in facts.values())
    lines = sum(each.get("line_bytes", 0) + each.get("state_bytes", 0) for each in facts.values())
    return Library(files, constants, arena, arena + lines, facts, [], blobs=blobs)
