"""`ticktalk boards`: the boards, and how the bundled voices would do there."""

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json


def boards(json: Json = False) -> None:
    """List the boards: whether the bundled voices fit, and how fast they would be there (estimated)."""
    from ticktalk.boards.board import all_boards
    from ticktalk.estimate import NEEDS, SOURCE

    found = [
        (board, {voice: (need.fits(board), need.real_time_factor(board)) for voice, need in NEEDS.items()})
        for board in all_boards()
    ]
    if json:
        show.as_json(
            {
                board.name: {
                    "title": board.title,
                    "core": board.core,
                    "isa": board.isa,
                    "flash_bytes": board.slot_size,
                    "ram_bytes": board.ram.size,
                    "protocol": board.protocol,
                    "emulated": board.qemu is not None,
                    "firmware": board.uart is not None,
                    "checked": board.provenance.checked,
                    "audio": board.audio,
                    "speaker": board.has_speaker,
                    "estimated_from": SOURCE,
                    "voices": {
                        voice: {"fits": fits, "real_time_factor": factor and round(factor, 2)}
                        for voice, (fits, factor) in voices.items()
                    },
                }
                for board, voices in found
            }
        )
        return
    show.table(
        [
            ("BOARD", "CORE", "MHZ", "SLOT", "RAM", "PROTOCOL", *NEEDS, "FIRMWARE", "AUDIO", "WHAT"),
            *(
                (
                    board.name,
                    board.core,
                    f"{board.clock_hz / 1e6:.0f}",
                    show.kib(board.slot_size),
                    show.kib(board.ram.size),
                    board.protocol,
                    *(_fit(*voices[voice]) if board.has_speaker else "no speaker" for voice in NEEDS),
                    "yes" if board.uart else "no",
                    board.audio,
                    board.title,
                )
                for board, voices in found
            ),
        ]
    )
    print(
        "\nUnder a voice: seconds of computing for a second of speech, where it fits; estimated from "
        f"{SOURCE} (docs/boards.md). "
        "FIRMWARE: whether `export` knows the board's UART and start-up."
    )


def _fit(fits: bool, factor: float | None) -> str:
    if not fits:
        return "too big"
    return "fits" if factor is None else f"{factor:.2f}"
