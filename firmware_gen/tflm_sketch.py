"""Export a voice or a model as an Arduino sketch that runs its graphs with an Arduino library of TensorFlow Lite Micro.

export_sketch(load_voice("voices/heart-nano"), "speak")

Arduino's tools require the main file to have the name of the folder, and compile every .c and .cpp file below src/.
"""

import hashlib
import json
import re
from collections.abc import Sequence
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import read_model
from ticktalk.firmware_gen.library import check_prefix, model_library, voice_library
from ticktalk.firmware_gen.packages import description
from ticktalk.firmware_gen.project import folder
from ticktalk.firmware_gen.project.notice import NAME as NOTICE
from ticktalk.firmware_gen.project.notice import notice
from ticktalk.firmware_gen.project.render import render
from ticktalk.firmware_gen.sbom import NAME as SBOM
from ticktalk.firmware_gen.sbom import sbom
from ticktalk.firmware_gen.tflm_layout import any_graph
from ticktalk.firmware_gen.voice_code import voice_code
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import readable_stem

# The library's name in the Library Manager, the version, and the header.
LIBRARY, VERSION, HEADER = "Chirale_TensorFLowLite", "2.0.0", "Chirale_TensorFlowLite.h"
_LACKING = ("BatchMatMul", "DynamicUpdateSlice", "ReduceMin", "ReverseV2")  # added to TFLM after that version
_ISA = "dsp"  # without DSP instructions, CMSIS-NN's kernels do not use more scratch memory


def export_sketch(
    source: Voice | Path | str,
    out_dir: Path | str,
    name: str | None = None,
    text: str | None = None,
    words: Path | str | None = None,
    phrases: Sequence[Path | str] = (),
) -> Path:
    """Write the sketch of a voice or of the model in the file `source` to the folder `out_dir`, and return its path.

    `name` is the prefix of files and symbols, by default "voice" or "model". `text`, `words` and `phrases` are
    described in export_voice. The memory of a board is not checked. Raises BuildError, ModelError, LanguageError.
    """
    sketch = _sketch_name(out_dir)
    kind = "voice" if isinstance(source, Voice) else "model"
    name = name or kind
    check_prefix(name)
    if isinstance(source, Voice):
        library = voice_library(source, _ISA, name, "tflm")
        code, spoken = voice_code(source, library, None, name, "tflm", text, words, phrases)
        facts = {"name": source.manifest["name"], "hash": source.hash, **spoken}
        ports = {}
    else:
        data = read_model(source)
        graph = any_graph(data, str(source))
        library = model_library(graph, data, _ISA, name, "tflm")
        code = library.files
        facts = {"name": readable_stem(source), "hash": hashlib.sha256(data).hexdigest(), "text": None}
        ports = {
            side: [graph.tensors[index].nbytes for index in indices]
            for side, indices in (("inputs", graph.inputs), ("outputs", graph.outputs))
        }
    for graph_name, operators, _ in library.operators:
        if lacking := [each for each in operators if each in _LACKING]:
            raise BuildError(
                f"{graph_name}: {LIBRARY} {VERSION} lacks {', '.join(lacking)}; use --board and your own tree"
            )
    facts |= {"kind": kind, "runtime": "tflm", "package": "arduino", "prefix": name, "core": "Arduino", "isa": _ISA}
    facts |= {"constant_bytes": library.constants, "static_bytes": library.memory, "arena_bytes": library.arena}
    files: dict[str, str | bytes] = {f"src/{re.sub('[.]cc$', '.cpp', file)}": content for file, content in code.items()}
    context: dict[str, object] = {
        "name": name,
        "facts": facts,
        "sketch": sketch,
        "table": library.operators,
        **ports,
    }
    context |= {"arduino_library": LIBRARY, "arduino_version": VERSION, "header": HEADER}
    context["constant_bytes"] = library.constants
    if isinstance(source, Voice):
        described = description(source, (), facts)
        context |= {"library": described, "constant_bytes": described.constant_bytes}
    files[f"{sketch}.ino"] = render(f"tflm/arduino/{kind}.ino.j2", **context)
    files["README.md"] = render("tflm/arduino/README.md.j2", **context)
    files[NOTICE] = notice(facts, "tflm")
    files["report.json"] = (
        json.dumps(facts | {"build": folder.digest(files), "graphs": library.graphs}, indent=2) + "\n"
    )
    files[SBOM] = sbom(files, facts)
    return folder.write(files, out_dir)


def _sketch_name(out_dir: Path | str) -> str:
    """Return the sketch's name, which is the name of the folder. Raises BuildError if Arduino does not accept the
    name."""
    name = Path(out_dir).resolve().name
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}", name) or name.endswith("."):
        raise BuildError(
            f"{out_dir}: Arduino does not accept a sketch in a folder of this name; use at most 63 letters, digits, "
            "'_', '.' and '-', and begin with a letter or digit"
        )
    return name
