"""A voice or a model as a C project that needs nothing of ticktalk: sources, build files, README, report.

    export_voice(load_voice("voices/heart"), load_board("qemu-m4"), "out")
    export_model("model.tflite", load_board("qemu-m4"), "out")
"""

import hashlib
from pathlib import Path

from firmware_gen import project
from firmware_gen.board_glue import copied, device_files
from firmware_gen.model import CompiledModel, compile_graph
from firmware_gen.render import render
from firmware_gen.report import check_fit, report_json
from firmware_gen.vocoder import compile_vocoder
from runtime_sim.errors import ModelError
from runtime_sim.graph import load_graph
from runtime_sim.voice import FRAME_OUTPUTS, Voice

ARENA = "tt_arena"          # both graphs of a voice take turns in it
VOCODED = tuple(role for role in FRAME_OUTPUTS if role != "energy")


def export_voice(voice: Voice, board, out_dir: Path | str) -> Path:
    """Write the project of a speaking watch to the folder `out_dir`; BuildError if it cannot fit the board."""
    graphs = {name: compile_graph(voice.graphs[name], name, number, board.isa, ARENA)
              for number, name in enumerate(("phoneme", "frame"))}
    vocoder = compile_vocoder(voice)
    arena = max(graph.facts["arena_bytes"] for graph in graphs.values())
    common = {**graphs["phoneme"].files, **graphs["frame"].files, **vocoder.files, **_voice_files(voice, arena)}
    facts = {
        "kind": "voice", "name": voice.manifest["name"], "hash": voice.hash, "arena_bytes": arena,
        "sample_rate": voice.manifest["sample_rate"], "limit": voice.manifest["phonemes"]["limit"],
        "constant_bytes": _constants(graphs) + vocoder.facts["constant_bytes"] + _table_bytes(voice),
        "static_bytes": arena + vocoder.facts["state_bytes"] + voice.manifest["phonemes"]["limit"] * (voice.width("phoneme", "hidden") + 4),
        "graphs": _graph_facts(graphs, {name: voice.manifest["graphs"][name]["chunk"] for name in graphs}),
    }
    return _write(common, board, facts, "voice", "speak", out_dir)


def export_model(path: Path | str, board, out_dir: Path | str) -> Path:
    """Write the project of a model that is run over the console; ModelError, or BuildError if it cannot fit."""
    data = read_model(path)
    graph = load_graph(data, str(path))
    compiled = compile_graph(graph, "model", 0, board.isa)
    ports = {
        name: [{"bytes": graph.tensors[index].nbytes, "shape": f"{graph.tensors[index].dtype} {list(graph.tensors[index].shape)}"}
               for index in indices]
        for name, indices in (("inputs", graph.inputs), ("outputs", graph.outputs))
    }
    common = {**compiled.files, "model_io.h": render("model_io.h.j2", **ports), "model_io.c": render("model_io.c.j2", **ports)}
    facts = {
        "kind": "model", "name": Path(path).stem, "hash": hashlib.sha256(data).hexdigest(),
        "arena_bytes": compiled.facts["arena_bytes"], "sample_rate": 0, "limit": 0,
        "constant_bytes": _constants({"model": compiled}), "static_bytes": compiled.facts["arena_bytes"],
        "graphs": _graph_facts({"model": compiled}, {"model": None}),
    }
    return _write(common, board, facts, "model", "run", out_dir)


def read_model(path: Path | str) -> bytes:
    """The bytes of a .tflite file; ModelError if it cannot be read."""
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from None


def _write(common: dict[str, str], board, facts: dict, kind: str, program: str, out_dir) -> Path:
    """Add what every project has, and write it."""
    check_fit(board, facts)
    common |= {"trace.h": copied("trace.h"), "identity.h": copied("identity.h")}
    files = {f"src/{name}": text for name, text in common.items()}
    files |= device_files(board, f"{kind}_app.c")
    files |= {f"src/host/{name}": copied(f"host/{name}") for name in (f"{kind}_main.c", "trace_host.c")}
    sources = {
        "common": sorted([name for name in common if name.endswith(".c")] + ["identity.c"]),
        **{side: sorted(name.rsplit("/", 1)[1] for name in files if name.startswith(f"src/{side}/") and name.endswith(".c"))
           for side in ("device", "host")},
    }
    files["CMakeLists.txt"] = render("CMakeLists.txt.j2", board=board, project=f"ticktalk_{kind}", host_program=program, **sources)
    build_id = project.digest(files)
    files["src/identity.c"] = render("identity.c.j2", arena_bytes=facts["arena_bytes"], lines=_banner(board, facts, build_id))
    files["README.md"] = render(f"README.{kind}.md.j2", board=board, facts=facts, build_id=build_id)
    files["report.json"] = report_json(board, facts, build_id)
    return project.write(files, out_dir)


def _banner(board, facts: dict, build_id: str) -> list[str]:
    """The console banner's lines; a name keeps only what can stand in a C string and on one line."""
    name = "".join(c if c.isalnum() and c.isascii() or c in "-_. " else "_" for c in facts["name"])[:64]
    return ["product=ticktalk", "protocol=1", f"board={board.name}", f"kind={facts['kind']}", f"name={name}", f"build={build_id}",
            f"voice={facts['hash']}", f"sample_rate={facts['sample_rate']}", f"limit={facts['limit']}"]


def _voice_files(voice: Voice, arena_bytes: int) -> dict[str, str]:
    """speech.c, voice.c and their headers."""
    manifest, tables = voice.manifest, voice.tables
    sizes = {"name": manifest["name"], "sample_rate": manifest["sample_rate"], "hop": manifest["hop"],
             "limit": manifest["phonemes"]["limit"], "ids": min(len(tables["embedding"]), 256), "embedded": tables["embedding"].shape[1],
             "hidden": voice.width("phoneme", "hidden"), "positions": len(tables["position"]), "arena_bytes": arena_bytes}
    arrays = [
        ("int8_t voice_embedding[VOICE_IDS][VOICE_EMBEDDED]", tables["embedding"][:sizes["ids"]]),
        ("int8_t voice_hidden_to_frame[256]", tables["hidden_to_frame"]),
        ("int8_t voice_position[VOICE_POSITIONS]", tables["position"]),
        ("uint16_t voice_duration[256]", tables["duration"]),
    ]
    graphs = {name: _speech_names(voice, name) for name in voice.graphs}
    roles = [(role, voice.width("frame", role)) for role in VOCODED]
    return {
        "speech.h": copied("speech.h"), "speech.c": render("speech.c.j2", roles=roles, **graphs),
        "voice.h": render("voice.h.j2", **sizes),
        "voice.c": render("voice.c.j2", arena=ARENA, arrays=[(d, _rows(values)) for d, values in arrays], **sizes),
    }


def _speech_names(voice: Voice, name: str) -> dict:
    """What speech.c calls one graph's chunk, context, zero point, input and outputs."""
    part, graph = voice.manifest["graphs"][name], voice.graphs[name]
    outputs = {role: f"{name}_output_{i}" for i, role in enumerate(part["outputs"])}
    zero = graph.tensors[graph.inputs[0]].zero_point
    return {"chunk": part["chunk"], "context": part["context"], "zero": zero, "input": f"{name}_input_0", "outputs": outputs, **outputs}


def _rows(values) -> list[str]:
    """A C initialiser's lines: a row in braces each, or 16 numbers a line."""
    if values.ndim == 2:
        return ["{" + ", ".join(map(str, row)) + "}," for row in values.tolist()]
    return [", ".join(map(str, values.tolist()[i:i + 16])) + "," for i in range(0, len(values), 16)]


def _constants(graphs: dict[str, CompiledModel]) -> int:
    return sum(graph.facts["weight_bytes"] + graph.facts["table_bytes"] for graph in graphs.values())


def _table_bytes(voice: Voice) -> int:
    return sum(voice.tables[name].nbytes for name in ("embedding", "hidden_to_frame", "position", "duration"))


def _graph_facts(graphs: dict[str, CompiledModel], chunks: dict) -> dict:
    """For the report: each graph's facts, and how many rows one invocation gives."""
    return {name: {"rows_an_invocation": chunks[name], **graph.facts} for name, graph in graphs.items()}
