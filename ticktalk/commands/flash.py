"""`ticktalk flash`: export, build, prove, upload, and see it start."""

import re
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import AcceptNoncommercial, Json, Model, Port, Voice, subject_of

EXAMPLE = "ticktalk flash --board qemu-m4 --voice heart-nano --dry-run"

OneBoard = Annotated[
    str | None, typer.Option("--board", "-b", help="A name of `ticktalk boards`, or a board's .toml file.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; touch no port.")]
Image = Annotated[Path | None, typer.Option("--image", help="A finished MCUboot image, instead of a voice.")]
Release = Annotated[str, typer.Option("--release", help="The image's version, MAJOR.MINOR.REVISION.")]
Baud = Annotated[int | None, typer.Option("--baud", help="Speed to try first with the boot loader.")]
Fleet = Annotated[
    Path | None,
    typer.Option("--fleet", help="A file that lists boards and ports: flash them all (docs/how-to/flash-a-board.md)."),
]


def flash(
    board: OneBoard = None,
    port: Port = None,
    voice: Voice = None,
    model: Model = None,
    image: Image = None,
    release: Release = "0.1.0",
    baud: Baud = None,
    fleet: Fleet = None,
    dry_run: DryRun = False,
    accept_noncommercial: AcceptNoncommercial = False,
    json: Json = False,
) -> None:
    """Put a voice or model on a watch. What differs from the simulator is not flashed."""
    if image is not None and (voice is not None or model is not None):
        raise typer.BadParameter("--image goes without --voice and --model")
    _check_bounds(release, baud)
    if board is None and fleet is None:
        raise typer.BadParameter(
            "say which watch to flash: --board NAME (`ticktalk boards` lists them), or --fleet FILE"
        )
    if fleet is not None and (board is not None or port is not None or dry_run):
        raise typer.BadParameter("--fleet goes without --board, --port and --dry-run")
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        if fleet is not None:
            from ticktalk.boards.fleet import read_fleet

            watches = read_fleet(fleet)
            loads = {
                name: _load(name, voice, model, image, release, baud, accept_noncommercial, Path(folder, str(number)))[
                    0
                ]
                for number, name in enumerate(dict.fromkeys(watch.board for watch in watches))
            }
            _flash_all(watches, loads, json)
            return
        _require_watch(board, port, dry_run)
        load, name, agreed = _load(board, voice, model, image, release, baud, accept_noncommercial, Path(folder))
        result = _plan(load, name) if dry_run else _flash_one(load, port)
    _tell(result | ({"bit_exact_on_host": agreed} if agreed else {}), name, dry_run, json)


def _check_bounds(release: str, baud: int | None) -> None:
    """BadParameter for a version that an image's header, or a speed that no serial line has room for."""
    from ticktalk.boards.board import BAUD
    from ticktalk.boards.images.mcuboot import VERSION_LIMITS

    number = "(0|[1-9][0-9]{0,4})"
    parts = re.fullmatch(rf"{number}\.{number}\.{number}", release)
    if not parts or any(int(part) > most for part, most in zip(parts.groups(), VERSION_LIMITS)):
        largest = ".".join(map(str, VERSION_LIMITS))
        raise typer.BadParameter(f"--release must be like 1.2.3, at most {largest}, not {release:.40}")
    lowest, highest = BAUD
    if baud is not None and not lowest <= baud <= highest:
        raise typer.BadParameter(f"--baud must be {lowest} to {highest}, not {baud}")


def _require_watch(board: str, port: str | None, dry_run: bool) -> None:
    """MissingToolError where a virtual watch is to be started and cannot, before minutes go into its image."""
    from ticktalk.boards.board import load_board
    from ticktalk.boards.virtual.qemu import require_qemu

    chosen = load_board(board)
    if chosen.qemu is not None and port is None and not dry_run:
        require_qemu(chosen)


def _load(board: str, voice, model, image, release: str, baud: int | None, accept_noncommercial: bool, folder: Path):
    """(fleet.Load, what to call it, who agrees with the simulator): the image that this board gets, made and proved."""
    from ticktalk.boards.board import load_board
    from ticktalk.boards.flash import require_protocol
    from ticktalk.boards.fleet import Load
    from ticktalk.firmware import make_firmware
    from ticktalk.firmware_gen.project.build import require_tools
    from ticktalk.runtime_sim.licence import check_licence

    chosen = load_board(board)
    require_protocol(chosen)
    if baud is not None:
        chosen = replace(chosen, loader_bauds=(baud, *chosen.bauds))
    if image is not None:
        return Load(chosen, image, speaks=False), image.name, []
    require_tools("arm", "host")
    subject = subject_of(voice, model)
    if subject.kind == "voice" and (told := check_licence(subject.voice.manifest, accept_noncommercial)):
        show.warn(told)
    firmware = make_firmware(subject, chosen, folder / "project", show.note, release)
    agreed = prove_on_host(subject, firmware)
    return Load(chosen, firmware.image, firmware.expect), subject.name, agreed


def _plan(load, name: str) -> dict:
    from ticktalk.boards.flash import plan
    from ticktalk.boards.images.formats import read_image_file

    return plan(read_image_file(load.image, load.board), load.board, f"{name} for {load.board.name}")


def _flash_one(load, port: str | None) -> dict:
    from ticktalk.boards.flash import flash
    from ticktalk.firmware import trusted_key

    with show.bar("uploading") as progress:
        return flash(
            load.image,
            load.board,
            port,
            expect=load.expect,
            speaks=load.speaks,
            progress=progress,
            log=show.note,
            key=trusted_key(),
        )


def _flash_all(watches, loads: dict, json: bool) -> None:
    """One live line a watch, a summary, and the worst one's exit code."""
    from ticktalk.boards.fleet import flash_fleet

    with show.bars([f"{watch.board} {watch.port}" for watch in watches]) as bars:
        outcomes = flash_fleet(
            watches,
            loads,
            lambda watch, done, total: bars[watches.index(watch)](done, total),
            lambda watch, line: show.note(f"{watch.board} {line}"),
        )
    if json:
        show.as_json({"watches": outcomes})
    else:
        show.table(
            [
                ("BOARD", "PORT", "SENT", "SECONDS", "OUTCOME"),
                *(
                    (
                        each["board"],
                        each["port"],
                        str(each.get("sent_bytes", "-")),
                        str(each.get("upload_seconds", "-")),
                        each.get("error") or each["verified"],
                    )
                    for each in outcomes
                ),
            ]
        )
    worst = max(each.get("exit_code", 0) for each in outcomes)
    if worst:
        raise typer.Exit(worst)


def _tell(result: dict, name: str, dry_run: bool, json: bool) -> None:
    if json:
        show.as_json(result | {"dry_run": dry_run})
    elif dry_run:
        show.table(
            [
                ("REGION", "ADDRESS", "BYTES", "MINUTES", "SHA-256"),
                *(
                    (
                        part["name"],
                        f"{part['address']:#x}",
                        str(part["bytes"]),
                        f"{part['seconds'] / 60:.1f}",
                        part["sha256"][:16],
                    )
                    for part in result["regions"]
                ),
            ]
        )
        show.facts(
            {
                "would flash": f"{result['image']} {result['version']}, "
                f"{'signed' if result['signed'] else 'not signed'}",
                "bytes": f"{result['bytes']} of {result['slot_bytes']}, less what the watch has already",
                "over": f"{result['protocol']}, {result['baud']} baud, into the "
                f"{'only' if result['in_place'] else 'secondary'} slot",
                "in at most": f"{result['seconds'] / 60:.1f} minutes",
                "hash": result["hash"],
            }
        )
        show.table(
            [
                ("WAY, THE FIRST THAT THE WATCH CAN", "BYTES", "MINUTES"),
                *(
                    (
                        way["way"] + (f" ({way['old'][:8]})" if "old" in way else ""),
                        str(way["bytes"]),
                        f"{way['seconds'] / 60:.1f}",
                    )
                    for way in result["ways"]
                ),
            ]
        )
    else:
        runs = "runs" if result["banner"] else "was started, and is no ticktalk firmware that could tell,"
        print(
            f"{result['port']}: {name} {runs} on {result['board']}; {result['sent_bytes']} bytes for "
            f"{result['bytes']} in "
            f"{result['upload_seconds']} s, {result['way']}; {result['verified']}"
        )


def prove_on_host(subject, firmware) -> list[str]:
    """Names of the implementations that agree with the simulator; VerifyError, before any port is touched, if one does
    not."""
    from ticktalk.boards.errors import VerifyError
    from ticktalk.proof.prove import Prover

    prover = Prover(subject, show.note)
    prover.ask_oracles()
    prover.ask_host(firmware.project)
    for name, agreement in prover.proof.agreements.items():
        if agreement.difference:
            raise VerifyError(f"not flashed: {name} differs from the simulator at {agreement.difference}")
    return prover.proof.compared
