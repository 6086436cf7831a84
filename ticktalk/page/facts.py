"""The facts about voices and boards that a page shows. Every figure comes from a report or from the measurements."""

import hashlib
import tempfile
from pathlib import Path

from ticktalk.boards.board import Board, all_boards
from ticktalk.boards.images.formats import check_image, read_image_file
from ticktalk.estimate import NEEDS
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.export import export_voice
from ticktalk.firmware_gen.export_library import export_library
from ticktalk.firmware_gen.project.device import flash_limit
from ticktalk.firmware_gen.project.report import read_report
from ticktalk.runtime_sim.licence import commercial_use
from ticktalk.runtime_sim.voice import Voice
from ticktalk.system.files import one_line

_SCORES = {"wer": "WER {:.1f} %", "distillmos": "DistillMOS {:.2f}", "sentences": "{} held-out sentences"}


def facts_of(voice: Voice, report: dict) -> dict:
    """Return the facts about a voice. `report` is the report of its exported library."""
    manifest = voice.manifest
    scores = manifest.get("scores", {})
    teacher = dict.fromkeys(("name", "version", "voice", "licence", "terms"), "") | manifest.get("teacher", {})
    return {
        "name": manifest["name"],
        "language": manifest["language"],
        "sample_rate": manifest["sample_rate"],
        "symbols": {number: symbol for symbol, number in manifest["phonemes"]["symbols"].items()},
        "hash": voice.hash,
        "teacher": teacher,
        "commercial": commercial_use(teacher),
        "scores": [
            told.format(scores[key]) for key, told in _SCORES.items() if isinstance(scores.get(key), (int, float))
        ],
        "pack": report["text"],
    }


def on_board(voice: Voice, board: Board) -> dict:
    """Return the cost of a voice on a board: the estimate by the export, and the measured speed, if known.

    `map` lists the parts of the flash. If the board cannot run the voice, `problem` is the reason.
    """
    told = {
        "name": board.name,
        "title": board.title,
        "core": board.core,
        "mhz": f"{board.clock_hz / 1e6:.0f}",
        "problem": "",
    }
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        try:
            if board.uart:
                report = read_report(export_voice(voice, board, Path(scratch, "project")))
                about = ", estimated, for the complete firmware"
            else:
                report = read_report(export_library(voice, None, Path(scratch, "library"), board=board))
                about = ", for the library alone"
        except BuildError as error:
            return told | {"problem": str(error)}
    text = report["text"] or {"flash_bytes": 0, "state_bytes": 0}
    weights = sum(graph["weight_bytes"] + graph["bias_bytes"] for graph in report["graphs"].values())
    parts = [
        ("weights", "weights", weights),
        ("tables", "tables", report["constant_bytes"] - weights),
        ("pack", "language pack", text["flash_bytes"]),
    ]
    held = sum(size for *_, size in parts)
    flash = report.get("flash_bytes", held)
    if flash > held:
        parts.append(("code", "code", flash - held))
    parts.append(("free", "free", flash_limit(board) - flash))
    need = NEEDS.get(voice.manifest["name"])
    return told | {
        "about": about,
        "flash": flash,
        "flash_limit": flash_limit(board),
        "ram": report.get("ram_bytes", report["static_bytes"] + text["state_bytes"] if "static_bytes" in report else 0),
        "ram_limit": board.ram.size,
        "factor": need and need.real_time_factor(board),
        "first": need and need.first_sound(board),
        "map": _widths(parts, flash_limit(board)),
    }


def of_image(file: Path, board: Board) -> dict:
    """Return the facts about a firmware image. Raises ImageError if the file is not an image for this board."""
    data = read_image_file(file, board)
    image = check_image(data, board, file.name)
    return {
        "file": one_line(file.name),
        "board": board.name,
        "version": image.version,
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "hash": image.hash.hex(),
        "key": image.key_hash.hex(),
    }


def _widths(parts: list[tuple[str, str, int]], whole: int) -> list[dict]:
    """Return the position and width of each part in a picture that is 1000 units wide."""
    found, at = [], 0
    for kind, name, size in parts:
        found.append(
            {
                "kind": kind,
                "name": name,
                "bytes": size,
                "at": round(1000 * at / whole, 1),
                "width": round(1000 * size / whole, 1),
            }
        )
        at += size
    return found


def board_table() -> list[dict]:
    """Return one row per board: title, core, and the same verdict on each measured voice as in `ticktalk boards`."""
    rows = []
    for board in all_boards():
        told = {name: need.verdict(board) for name, need in NEEDS.items()}
        core = f"{board.core.removeprefix('cortex-').upper()}, {board.clock_hz / 1e6:.0f} MHz"
        rows.append({"title": board.title, "core": core, "voices": told})
    return rows
