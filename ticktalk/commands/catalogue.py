"""`ticktalk boards`, `voices`, `ports`: what there is."""

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Json


def boards(json: Json = False) -> None:
    """List the boards: whether the bundled voices fit, and how fast they would be there (estimated)."""
    from ticktalk.boards.board import all_boards
    from ticktalk.estimate import NEEDS

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
            ("BOARD", "CORE", "MHZ", "SLOT", "RAM", "PROTOCOL", *NEEDS, "FIRMWARE", "WHAT"),
            *(
                (
                    board.name,
                    board.core,
                    f"{board.clock_hz / 1e6:.0f}",
                    show.kib(board.slot_size),
                    show.kib(board.ram.size),
                    board.protocol,
                    *(_fit(*voices[voice]) for voice in NEEDS),
                    "yes" if board.uart else "no",
                    board.title,
                )
                for board, voices in found
            ),
        ]
    )
    print(
        "\nUnder a voice: seconds of computing for a second of speech, estimated (docs/boards.md), where it fits. "
        "FIRMWARE: whether `export` knows the board's UART and start-up."
    )


def _fit(fits: bool, factor: float | None) -> str:
    if not fits:
        return "too big"
    return "fits" if factor is None else f"{factor:.2f}"


def voices(json: Json = False) -> None:
    """List the bundled voices."""
    import tomllib

    from ticktalk.bundled import HERE, voice_names
    from ticktalk.runtime_sim.errors import VoiceError
    from ticktalk.runtime_sim.licence import ledger

    found = {}
    for name in voice_names():
        try:
            manifest = tomllib.loads((HERE / name / "voice.toml").read_text(encoding="utf-8"))
        except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise VoiceError(f"{HERE / name / 'voice.toml'}: cannot be read: {error}") from None
        teacher, scores = ledger(manifest, HERE / name / "voice.toml"), manifest.get("scores", {})
        size = sum(file.stat().st_size for file in (HERE / name).iterdir() if file.is_file())
        found[name] = {
            "language": manifest.get("language"),
            "sample_rate": manifest.get("sample_rate"),
            "bytes": size,
            "teacher": teacher,
            "scores": scores,
        }
    if json:
        show.as_json(found)
        return
    if not found:
        show.note(f"there are no voices in {HERE}")
        return
    show.table(
        [
            ("VOICE", "LANGUAGE", "RATE", "SIZE", "WER", "DISTILLMOS", "TEACHER", "COMMERCIAL USE"),
            *(
                (
                    name,
                    str(voice["language"]),
                    str(voice["sample_rate"]),
                    show.kib(voice["bytes"]),
                    _number(voice["scores"].get("wer"), " %"),
                    _number(voice["scores"].get("distillmos")),
                    " ".join(
                        str(voice["teacher"][key]) for key in ("name", "version", "licence") if key in voice["teacher"]
                    ),
                    show.allowed(voice["teacher"].get("commercial")),
                )
                for name, voice in found.items()
            ),
        ]
    )


def ports(json: Json = False) -> None:
    """List the serial ports that are plugged in."""
    from ticktalk.boards.ports import list_ports

    found = list_ports()
    if json:
        show.as_json(dict(found))
    elif found:
        show.table([("PORT", "WHAT"), *found])
    else:
        show.note("no serial port is plugged in; an emulated board needs none")


def _number(value, unit: str = "") -> str:
    return f"{value:.2f}{unit}" if isinstance(value, (int, float)) else "-"
