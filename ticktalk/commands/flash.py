"""`ticktalk flash`: export, build, verify and upload, then check that the firmware starts."""

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticktalk.boards.images import DEFAULT_VERSION
from ticktalk.commands.support import show
from ticktalk.commands.support.options import (
    AcceptNoncommercial,
    Equaliser,
    Json,
    Loudness,
    Model,
    Port,
    Voice,
    subject_of,
)

if TYPE_CHECKING:
    from ticktalk.boards.fleet import Load, Watch
    from ticktalk.flashing import Ready
    from ticktalk.proof.subject import ModelSubject, VoiceSubject

EXAMPLE = "ticktalk flash --board qemu-m4 --voice heart-nano --dry-run"

OneBoard = Annotated[
    str | None, typer.Option("--board", "-b", help="A name from `ticktalk boards`, or a board's .toml file.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would be done without opening a port.")]
Image = Annotated[Path | None, typer.Option("--image", help="An existing firmware image, instead of a voice.")]
Release = Annotated[str, typer.Option("--release", help="The image's version, MAJOR.MINOR.REVISION.")]
Baud = Annotated[int | None, typer.Option("--baud", help="First baud rate to try.")]
Fleet = Annotated[
    Path | None,
    typer.Option("--fleet", help="Flash all boards listed in this file (docs/how-to/flash-a-board.md)."),
]
Page = Annotated[
    Path | None,
    typer.Option("--page", help="Before the upload, write a page that runs this firmware in a browser."),
]


def flash(
    board: OneBoard = None,
    port: Port = None,
    voice: Voice = None,
    model: Model = None,
    image: Image = None,
    release: Release = DEFAULT_VERSION,
    baud: Baud = None,
    fleet: Fleet = None,
    dry_run: DryRun = False,
    page: Page = None,
    loudness: Loudness = None,
    equaliser: Equaliser = None,
    accept_noncommercial: AcceptNoncommercial = False,
    json: Json = False,
) -> None:
    """Install a voice or model on a watch. Firmware that differs from the simulator is not flashed."""
    if image is not None and any(each is not None for each in (voice, model, loudness, equaliser)):
        raise typer.BadParameter("--image cannot be combined with --voice, --model, --loudness or --equaliser")
    _check_bounds(release, baud)
    if board is None and fleet is None:
        raise typer.BadParameter(
            "specify the watch to flash: --board NAME (`ticktalk boards` lists them), or --fleet FILE"
        )
    if fleet is not None and (board is not None or port is not None or dry_run):
        raise typer.BadParameter("--fleet cannot be combined with --board, --port or --dry-run")
    if page is not None and (fleet is not None or image is not None):
        raise typer.BadParameter("--page cannot be combined with --image or --fleet")
    from ticktalk import flashing
    from ticktalk.boards.fleet import read_fleet

    if page is not None:
        _check_page(page)
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:

        def ready(name: str, project: str) -> flashing.Ready:
            chosen = flashing.board_for(name, baud)
            if image is not None:
                return flashing.finished(image, chosen)
            subject = subject_of(voice, model, loudness=loudness, equaliser=equaliser)
            _check_licence(subject, accept_noncommercial)
            return flashing.made(subject, chosen, Path(folder, project), show.note, release)

        if fleet is not None:
            watches = read_fleet(fleet)
            names = dict.fromkeys(watch.board for watch in watches)
            loads: dict[str, Load] = {name: ready(name, f"project-{number}") for number, name in enumerate(names)}
            _flash_all(watches, loads, json)
            return
        assert board is not None  # checked above
        if not dry_run:
            flashing.require_watch(flashing.board_for(board), port)
        load = ready(board, "project")
        if page is not None:
            _write_page(page, subject_of(voice, model, loudness=loudness, equaliser=equaliser), load)
        result = flashing.planned(load) if dry_run else _flash_one(load, port)
    agreed = {"bit_exact_on_host": list(load.agreed)} if load.agreed else {}
    _tell(result | agreed, load.name, dry_run, json)
    if not dry_run and not result["proven"]:
        raise typer.Exit(flashing.UNPROVEN)


def _check_page(page: Path) -> None:
    """Report a missing compiler or folder now, not after a minute of work."""
    from ticktalk.page.wasm import zig
    from ticktalk.system.files import check_writable

    zig()
    check_writable(page)


def _write_page(page: Path, subject: "VoiceSubject | ModelSubject", load: "Ready") -> None:
    from ticktalk.page.facts import of_image
    from ticktalk.page.model import write_model_page
    from ticktalk.page.page import write_page

    facts = of_image(load.image, load.board, load.report)
    if subject.kind == "voice":
        write_page(page, [subject.voice], [load.board], facts, show.note, load.report)
    else:
        write_model_page(page, subject.path, [load.board], facts, show.note, load.report)
    show.note(f"{page}: open it in a browser")


def _check_bounds(release: str, baud: int | None) -> None:
    """Raise BadParameter for a version that an image header cannot hold or for an impossible baud rate."""
    from ticktalk.boards.board_tables import BAUD
    from ticktalk.boards.images.mcuboot import VERSION_LIMITS

    number = "(0|[1-9][0-9]{0,4})"
    parts = re.fullmatch(rf"{number}\.{number}\.{number}", release)
    if not parts or any(int(part) > most for part, most in zip(parts.groups(), VERSION_LIMITS)):
        largest = ".".join(map(str, VERSION_LIMITS))
        raise typer.BadParameter(f"--release must look like 1.2.3 and be at most {largest}, not {release:.40}")
    lowest, highest = BAUD
    if baud is not None and not lowest <= baud <= highest:
        raise typer.BadParameter(f"--baud must be from {lowest} to {highest}, not {baud}")


def _check_licence(subject: "VoiceSubject | ModelSubject", accept_noncommercial: bool) -> None:
    from ticktalk.runtime_sim.licence import check_licence

    if subject.kind == "voice" and (told := check_licence(subject.voice.manifest, accept_noncommercial)):
        show.warn(told)


def _flash_one(load: "Ready", port: str | None) -> dict:
    from ticktalk.flashing import send

    with show.bar("uploading") as progress:
        return send(load, port, progress=progress, log=show.note)


def _flash_all(watches: "list[Watch]", loads: "dict[str, Load]", json: bool) -> None:
    """Show one live line per watch and a summary. Exit with the highest exit code of all watches."""
    from ticktalk.boards.fleet import flash_fleet
    from ticktalk.flashing import UNPROVEN

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
                        each.get("error")
                        or f"{'' if each['proven'] else 'NOT PROVEN: '}{each['running']}; {each['verified']}",
                    )
                    for each in outcomes
                ),
            ]
        )
    unproven = UNPROVEN if not all(each.get("proven", True) for each in outcomes) else 0
    worst = max(each.get("exit_code", 0) for each in outcomes) or unproven
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
                "bytes": f"{result['bytes']} of {result['slot_bytes']}, minus the parts that are already on the watch",
                "over": f"{result['protocol']}, {result['baud']} baud, into the "
                f"{'only' if result['in_place'] else 'secondary'} slot",
                "limitation": result["cannot"],
                "in at most": f"{result['seconds'] / 60:.1f} minutes",
                "hash": result["hash"],
            }
        )
        show.table(
            [
                ("ROUTE (first supported is used)", "BYTES", "MINUTES"),
                *(
                    (
                        route["route"] + (f" ({route['old'][:8]})" if "old" in route else ""),
                        str(route["bytes"]),
                        f"{route['seconds'] / 60:.1f}",
                    )
                    for route in result["routes"]
                ),
            ]
        )
    else:
        runs = "runs" if result["proven"] else "was started, but is NOT PROVEN to run"
        print(
            f"{result['port']}: {name} {runs} on {result['board']}; sent {result['sent_bytes']} bytes for an image of "
            f"{result['bytes']} in "
            f"{result['upload_seconds']} s, {result['route']}; {result['verified']}; {result['running']}"
        )
