"""Generate the C code that turns a voice's phoneme ids into PCM: NAME.h, NAME.c, NAME_tables.h, NAME_tables.c."""

from dataclasses import dataclass

import numpy as np

from ticktalk.firmware_gen.external_weights import Weights
from ticktalk.firmware_gen.project.escape import Code
from ticktalk.firmware_gen.project.render import render
from ticktalk.runtime_sim.emphasis import LEVELS, NONE
from ticktalk.runtime_sim.speech import Speaker, frame_ends, phoneme_rows
from ticktalk.runtime_sim.unspoken import audible
from ticktalk.runtime_sim.vocoder.tables import output_delay, pulse_delay
from ticktalk.runtime_sim.voice import Voice

_EXAMPLE = "ðə kwˈɪk bɹˈWn fˈɑks ʤˈʌmps ˈOvəɹ ðə lˈAzi dˈɔɡ."  # gives the mean phoneme duration


@dataclass(frozen=True)
class CompiledSpeech:
    """C sources by file name, and `facts`: constant_bytes (tables) and state_bytes (excluding graphs and vocoder).

    `context` is the template context of the interface (see `interface`).
    """

    files: dict[str, str]
    facts: dict[str, int]
    context: dict


def compile_speech(
    voice: Voice, name: str, graphs: dict[str, dict] | None, arena_bytes: int, weights: Weights | None = None
) -> CompiledSpeech:
    """Generate the C code that connects a voice's graphs and vocoder, with file names and symbols that begin with
    `name`.

    `graphs` holds the facts of the streaming graphs, which share an arena. If `graphs` is None, the graphs run in
    chunks with their own memory, as with TensorFlow Lite Micro. `weights` holds the constants of the graphs if the code
    does not contain them."""
    manifest, tables = voice.manifest, voice.tables
    symbols, limit = voice.symbols, manifest["phonemes"]["limit"]
    ids, hidden = len(voice.embedding), voice.width("phoneme", "hidden")
    delay = pulse_delay(manifest["n_fft"], manifest["hop"]) + output_delay(manifest["n_fft"], manifest["hop"])
    if graphs is None:
        part = manifest["graphs"]["frame"]
        kept, latency, rises = limit, 2 * part["chunk"], part["chunk"] + 2 * part["context"]
    else:
        kept = sum(each["rows"] for each in graphs.values())
        latency = graphs["frame"]["delay"] + graphs["frame"]["rows"]
        rises = latency + 1
    context = {
        "name": name,
        "voice": manifest["name"],
        "chunked": graphs is None,
        "noise": "noise" in voice.spectral_widths,
        "sample_rate": manifest["sample_rate"],
        "hop": manifest["hop"],
        "limit": limit,
        "ids": ids,
        "embedded": tables["embedding"].shape[1],
        "hidden": hidden,
        "positions": len(tables["position"]),
        "space": symbols.get(" ", 256),
        "arena_bytes": arena_bytes,
        "external": weights.context() if weights else None,
        "kept": kept,
        "rises": rises,  # a frame's emphasis is known before the graph takes its row
        "levels": [NONE, *LEVELS.values()],
        "first_mark": min(voice.marks, default=ids),
        "speakers": voice.speakers,
        "speaker_bytes": max(map(len, voice.speakers), default=0) + 1,
        "marks": (latency + delay) // 2 + 1,  # a word and the space before it last at least two frames
        "mean_q6": _mean_duration(voice),
        "roles": [(role, voice.width("frame", role)) for role in ("pitch", "voicing", *voice.spectral_widths)],
        **{graph: _names(voice, name, graph, graphs is None) for graph in voice.graphs},
    }
    arrays = {
        f"int8_t {name}_tables_embedding[{ids}][{context['embedded']}]": voice.embedding,
        f"int8_t {name}_tables_hidden_to_frame[256]": tables["hidden_to_frame"],
        f"int8_t {name}_tables_position[{context['positions']}]": tables["position"],
        f"uint16_t {name}_tables_duration[256]": tables["duration"],
        f"uint8_t {name}_tables_silent[{(ids + 7) // 8}]": silent_ids(symbols, ids),
    }
    if voice.speakers:
        count = len(voice.speakers)
        arrays |= {
            f"int8_t {name}_tables_speaker_embedding[{count}][{context['embedded']}]": tables["speaker_embedding"],
            f"int8_t {name}_tables_speaker_hidden[{count}][{hidden}]": tables["speaker_hidden"],
        }
    shown = [(Code(declaration), [Code(row) for row in _rows(values)]) for declaration, values in arrays.items()]
    files = interface(context, text=False) | {
        f"{name}_tables.h": render("speech/tables.h.j2", **context),
        f"{name}_tables.c": render("speech/tables.c.j2", arrays=shown, **context),
    }
    lines = kept * (hidden + 4) + 2 * manifest["hop"] + limit + 4 * context["marks"] + rises
    state = lines + 94 + 4 * bool(voice.speakers)
    return CompiledSpeech(
        files, {"constant_bytes": sum(values.nbytes for values in arrays.values()), "state_bytes": state}, context
    )


def interface(context: dict, text: bool) -> dict[str, str]:
    """Return NAME.h and NAME.c. If `text` is true, the code can also speak text, using the front end of a language
    pack."""
    name = context["name"]
    return {f"{name}.{end}": render(f"speech/speech.{end}.j2", text=text, **context) for end in ("h", "c")}


def silent_ids(symbols: dict[str, int], ids: int) -> np.ndarray:
    """Return one bit per id as uint8 [(ids + 7) // 8], bit 0 first. A bit is 1 if the id is not an audible phoneme."""
    marks = {number for symbol, number in symbols.items() if len(symbol) != 1 or not audible(symbols, symbol)}
    sounds = set(symbols.values()) - marks
    return np.packbits([number not in sounds for number in range(ids)], bitorder="little")


def _mean_duration(voice: Voice) -> int:
    """Return the mean duration of a phoneme in an example by all speakers, in frames with 6 fraction bits."""
    known, edge = (voice.manifest["phonemes"][key] for key in ("symbols", "edge"))
    ids = [edge, *(known[symbol] for symbol in _EXAMPLE if symbol in known and symbol.isalpha()), edge]
    speaker = Speaker(voice)
    durations = [
        speaker.rows("phoneme", phoneme_rows(voice, ids, number))["duration"][:, 0]
        for number in range(max(1, len(voice.speakers)))
    ]
    frames = [int(frame_ends(voice.tables["duration"], each)[-1]) for each in durations]
    return round(64 * sum(frames) / len(frames) / len(ids))


def _names(voice: Voice, name: str, graph: str, chunked: bool) -> dict:
    """Return a graph's template context for speech.c: chunk, context, zero point, and C code for its input and
    outputs."""
    part, source = voice.manifest["graphs"][graph], voice.graphs[graph]
    memory = f"(&v->{graph})" if chunked else "(v->arena)"
    outputs = {role: Code(f"{name}_{graph}_output_{i}{memory}") for i, role in enumerate(part["outputs"])}
    return {
        "chunk": part["chunk"],
        "context": part["context"],
        "zero": source.tensors[source.inputs[0]].zero_point,
        "input": Code(f"{name}_{graph}_input_0{memory}"),
        "outputs": outputs,
        **outputs,
    }


def _rows(values: np.ndarray) -> list[str]:
    """Return the lines of a C initialiser: one braced row per line for a matrix, 16 numbers per line for a vector."""
    if values.ndim == 2:
        return ["{" + ", ".join(map(str, row)) + "}," for row in values.tolist()]
    texts = [str(value) for value in values.tolist()]
    return [", ".join(texts[i : i + 16]) + "," for i in range(0, len(texts), 16)]
