"""`ticktalk flash`: export, build, prove, upload, and see it start."""

import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ticktalk import show
from ticktalk.options import AcceptNoncommercial, Board, Json, Model, Port, Voice, subject_of

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; touch no port.")]
Image = Annotated[Path | None, typer.Option("--image", help="A finished MCUboot image, instead of a voice.")]
Release = Annotated[str, typer.Option("--release", help="The image's version, MAJOR.MINOR.REVISION.")]


def flash(board: Board, port: Port = None, voice: Voice = None, model: Model = None, image: Image = None,
          release: Release = "0.1.0", accept_noncommercial: AcceptNoncommercial = False, dry_run: DryRun = False, json: Json = False) -> None:
    """Put a voice or model on a watch. What differs from the simulator is not flashed."""
    from boards.board import load_board
    from boards.flash import flash as flash_image
    from boards.flash import plan, require_protocol
    from runtime_sim.licence import check_licence
    from ticktalk.firmware import make_firmware, put_on_board, trusted_key

    if image is not None and (voice is not None or model is not None):
        raise typer.BadParameter("--image goes without --voice and --model")
    if not re.fullmatch(r"\d+\.\d+\.\d+", release):
        raise typer.BadParameter(f"--release must be like 1.2.3, not {release}")
    chosen = load_board(board)
    require_protocol(chosen)
    if image is not None:
        if dry_run:
            result = plan(read(image), chosen, image.name)
        else:
            with show.bar("uploading") as progress:
                result = flash_image(image, chosen, port, speaks=False, progress=progress, log=show.note,
                                     key=trusted_key())
        _tell(result, image.name, dry_run, json)
        return
    subject = subject_of(voice, model)
    if subject.kind == "voice" and (told := check_licence(subject.voice.manifest, accept_noncommercial)):
        show.note(told)
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        firmware = make_firmware(subject, chosen, Path(folder, "project"), show.note, release)
        agreed = prove_on_host(subject, firmware)
        if dry_run:
            result = plan(firmware.image.read_bytes(), chosen, f"{subject.name} for {chosen.name}")
        else:
            with show.bar("uploading") as progress:
                result = put_on_board(firmware, chosen, port, progress=progress, log=show.note)
    _tell(result | {"bit_exact_on_host": agreed}, subject.name, dry_run, json)


def read(image: Path) -> bytes:
    """The bytes of an image file; ImageError if it cannot be read."""
    from boards.errors import ImageError

    try:
        return image.read_bytes()
    except OSError as error:
        raise ImageError(f"{image}: cannot read the image: {error.strerror}") from None


def _tell(result: dict, name: str, dry_run: bool, json: bool) -> None:
    if json:
        show.as_json(result | {"dry_run": dry_run})
    elif dry_run:
        show.table([("REGION", "ADDRESS", "BYTES", "MINUTES", "SHA-256"),
                    *((part["name"], f"{part['address']:#x}", str(part["bytes"]), f"{part['seconds'] / 60:.1f}", part["sha256"][:16])
                      for part in result["regions"])])
        show.facts({"would flash": f"{result['image']} {result['version']}, {'signed' if result['signed'] else 'not signed'}",
                    "bytes": f"{result['bytes']} of {result['slot_bytes']}, less what the watch has already",
                    "over": f"{result['protocol']}, {result['baud']} baud, into the {'only' if result['in_place'] else 'spare'} slot",
                    "in at most": f"{result['seconds'] / 60:.1f} minutes", "hash": result["hash"]})
    else:
        runs = "runs" if result["banner"] else "was started, and is no ticktalk firmware that could tell,"
        print(f"{result['port']}: {name} {runs} on {result['board']}; {result['sent_bytes']} of {result['bytes']} bytes in "
              f"{result['upload_seconds']} s; {result['verified']}")


def prove_on_host(subject, firmware) -> list[str]:
    """Names of the implementations that agree with the simulator; VerifyError, before any port is touched, if one does not."""
    from boards.errors import VerifyError
    from ticktalk.proof.prove import Prover

    prover = Prover(subject, show.note)
    prover.ask_oracles()
    prover.ask_host(firmware.project)
    for name, agreement in prover.proof.agreements.items():
        if agreement.difference:
            raise VerifyError(f"not flashed: {name} differs from the simulator at {agreement.difference}")
    return prover.proof.compared
