"""`ticktalk boards`: list the boards, and how well the bundled voices would run on them."""

from typing import TYPE_CHECKING, Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json

if TYPE_CHECKING:
    from ticktalk.boards.board import Board
    from ticktalk.estimate import Need

EXAMPLE = "ticktalk boards nucleo-l4r5zi"
Name = Annotated[
    str | None, typer.Argument(metavar="[BOARD]", help="Show the details of one board: its name or .toml file.")
]


def boards(name: Name = None, json: Json = False) -> None:
    """List the boards, with estimates of whether the bundled voices fit and how fast they would run."""
    from ticktalk.boards.board import all_boards, load_board

    found = [load_board(name)] if name is not None else all_boards()
    if json:
        show.as_json({board.name: _as_dict(board) for board in found})
    elif name is not None:
        _tell(found[0])
    else:
        _list(found)


def _list(found: "list[Board]") -> None:
    from ticktalk.estimate import NEEDS, SENTENCE, SOURCE

    show.table(
        [
            ("BOARD", "CORE", "EXPORT", *NEEDS),
            *(
                (
                    board.name,
                    f"{_short(board.core)} {board.clock_hz / 1e6:.0f} MHz",
                    "firmware" if board.uart else "library",
                    *(need.verdict(board) for need in NEEDS.values()),
                )
                for board in found
            ),
        ]
    )
    show.paragraph(
        "EXPORT: complete firmware, or with `ticktalk export --library`, a library for your own firmware. "
        "Voice columns: seconds of computation per second of speech, if the voice fits, estimated from "
        f"{SOURCE} (docs/reference/board-files.md); too slow: `export` refuses the voice, because a sentence of "
        f"{SENTENCE:.0f} s would have a gap. `ticktalk boards BOARD` and `ticktalk fit` show more details."
    )


def _short(core: str) -> str:
    """Return a core's name without its family: M0+ for cortex-m0plus."""
    return core.rpartition("-")[2].upper().replace("PLUS", "+")


def _tell(board: "Board") -> None:
    from ticktalk.estimate import NEEDS, SOURCE

    show.facts(
        {
            "board": f"{board.name}: {board.title}",
            "core": f"{board.core}, {board.clock_hz / 1e6:.0f} MHz",
            "slot": show.kib(board.slot_size),
            "RAM": show.kib(board.ram.size),
            "protocol": board.protocol,
            "boot loader": board.boot_entry,
            "audio": board.audio,
            "firmware": "whole, by `ticktalk export`" if board.uart else f"none. {board.embedding.why}",
            **({} if board.uart else {"library": f"{_package(board)}, by `ticktalk export --library`"}),
            **{voice: need.verdict(board) + _slow(need, board) for voice, need in NEEDS.items()},
            "checked": board.provenance.checked,
            "estimated": f"seconds of computation per second of speech, from {SOURCE}",
        }
    )


def _package(board: "Board") -> str:
    from ticktalk.firmware_gen.packages import PACKAGES

    return PACKAGES[board.embedding.package].title if board.embedding.package else "plain C"


def _slow(need: "Need", board: "Board") -> str:
    verdict, factor = need.verdict(board), need.real_time_factor(board)
    if factor is None or factor <= 1 or verdict in ("no speaker", "too big"):
        return ""
    if verdict == "too slow":
        return f": {factor:.2f}"
    return ", slower than real time: speech starts late, and long texts have pauses"


def _as_dict(board: "Board") -> dict:
    from ticktalk.estimate import NEEDS, SOURCE

    return {
        "title": board.title,
        "core": board.core,
        "isa": board.isa,
        "flash_bytes": board.slot_size,
        "ram_bytes": board.ram.size,
        "protocol": board.protocol,
        "emulated": board.qemu is not None,
        "firmware": board.uart is not None,
        "package": board.embedding.package or None,
        "checked": board.provenance.checked,
        "audio": board.audio,
        "speaker": board.has_speaker,
        "estimated_from": SOURCE,
        "voices": {
            voice: {
                "fits": need.fits(board),
                "verdict": need.verdict(board),
                "real_time_factor": factor and round(factor, 2),
            }
            for voice, need in NEEDS.items()
            for factor in (need.real_time_factor(board),)
        },
    }
