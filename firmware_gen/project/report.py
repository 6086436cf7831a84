"""Read and write report.json, which lists a project's memory requirements and the cost of each operator."""

import json
from pathlib import Path

from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.project.device import flash_limit, stack_bytes
from ticktalk.firmware_gen.project.target import Target
from ticktalk.system.files import write_text

CODE_BYTES = 52 * 1024  # estimated code size in flash; 43 to 55 KiB were measured on six boards
LIBRARY_CODE_BYTES = 136 * 1024  # code size with TensorFlow Lite Micro; 119 to 132 KiB were measured on a Cortex-M4
GLUE_BYTES = 12 * 1024  # estimated size of the console's buffers in RAM


def check_fit(board: Target, facts: dict) -> None:
    """Raise BuildError if constants or tensors alone are too large for the board.

    The linker checks the total size later.
    """
    text = facts["text"] or {}
    constants = facts["constant_bytes"] + text.get("flash_bytes", 0)
    if constants > flash_limit(board):
        raise BuildError(
            f"'{facts['name']}' does not fit {board.name}: it has {constants} bytes of constants, "
            f"but the slot holds only {flash_limit(board)}"
        )
    needed = facts["static_bytes"] + text.get("state_bytes", 0) + _stack(facts) + _queue_bytes(board)
    if needed > board.ram.size:
        raise BuildError(
            f"'{facts['name']}' does not fit {board.name}: it needs {needed} bytes of RAM for tensors, state and "
            f"stack, but the board has only {board.ram.size}"
        )


def free_ram(board: Target) -> int:
    """Return the RAM of a board, in bytes, that is left for a model."""
    return board.ram.size - stack_bytes(False, False) - _queue_bytes(board) - GLUE_BYTES


def check_arena(found: int, most: int | None, name: str) -> None:
    """Raise BuildError if an arena has more bytes than the user allows."""
    if most is not None and found > most:
        raise BuildError(
            f"{name}: the arena has {found} bytes, more than --arena {most}; bands of rows do not reduce it that far"
        )


def code_bytes(library: bool) -> int:
    """Return the estimated code size. `library` is true if the firmware uses TensorFlow Lite Micro."""
    return LIBRARY_CODE_BYTES if library else CODE_BYTES


def _stack(facts: dict) -> int:
    return stack_bytes(facts["runtime"] == "tflm", facts["text"] is not None)


def _queue_bytes(board: Target) -> int:
    """Return the size of the queue of samples to be played."""
    return 2 * board.sound.queue if board.sound else 0


def report_json(board: Target, facts: dict, build_id: str) -> str:
    """Return the report as JSON. The sizes are estimates (`measured` is false) until `measured_sizes` replaces them."""
    stack, text = _stack(facts), facts["text"] or {}
    report = {
        "kind": facts["kind"],
        "name": facts["name"],
        "board": board.name,
        "isa": board.isa,
        "runtime": facts["runtime"],
        "compiler": facts["compiler"],
        "build": build_id,
        "voice": facts["hash"],
        "measured": False,
        "flash_bytes": facts["constant_bytes"] + code_bytes(facts["runtime"] == "tflm") + text.get("flash_bytes", 0),
        "flash_limit": flash_limit(board),
        "ram_bytes": facts["static_bytes"] + GLUE_BYTES + text.get("state_bytes", 0) + stack + _queue_bytes(board),
        "ram_limit": board.ram.size,
        "stack_bytes": stack,
        "arena_bytes": facts["arena_bytes"],
        "constant_bytes": facts["constant_bytes"],
        "text": facts["text"],
        "no_text": facts["no_text"],
        "sound": facts["sound"],
        **{key: facts[key] for key in ("work", "weights_read_per_second") if key in facts},
        "graphs": facts["graphs"],
    }
    return json.dumps(report, indent=2) + "\n"


def read_report(project: Path | str) -> dict:
    """Return a project's report. Raises BuildError if `project` is not a project folder."""
    file = Path(project) / "report.json"
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        raise BuildError(f"{project}: not a project folder from `ticktalk export`: cannot read report.json") from None


def measured_sizes(project: Path | str, flash_bytes: int, ram_bytes: int) -> dict:
    """Record the measured sizes of a build in report.json, and return the report."""
    report = read_report(project) | {"measured": True, "flash_bytes": flash_bytes, "ram_bytes": ram_bytes}
    file = Path(project) / "report.json"
    write_text(file, json.dumps(report, indent=2) + "\n")
    return report
