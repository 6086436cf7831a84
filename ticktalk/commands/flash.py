"""`ticktalk flash`: export, build, prove, upload, and see it start."""

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from ticktalk import show
from ticktalk.options import Board, Json, Model, Port, Voice, subject_of

DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; touch no port.")]


def flash(board: Board, port: Port = None, voice: Voice = None, model: Model = None, dry_run: DryRun = False, json: Json = False) -> None:
    """Put a voice or model on a watch. What differs from the simulator is not flashed."""
    from boards.board import load_board
    from boards.flash import plan
    from ticktalk.firmware import make_firmware, put_on_board

    chosen = load_board(board)
    subject = subject_of(voice, model)
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as folder:
        firmware = make_firmware(subject, chosen, Path(folder, "project"), show.note)
        agreed = prove_on_host(subject, firmware)
        if dry_run:
            result = plan(firmware.image.read_bytes(), chosen, f"{subject.name} for {chosen.name}") | {"dry_run": True}
        else:
            with show.bar("uploading") as progress:
                result = put_on_board(firmware, chosen, port, progress=progress, log=show.note)
    result |= {"bit_exact_on_host": agreed}
    if json:
        show.as_json(result)
        return
    if dry_run:
        show.facts({"would flash": result["image"], "bytes": f"{result['bytes']} of {result['slot_bytes']}",
                    "to": f"address {result['address']:#x}", "over": f"{result['protocol']}, {result['baud']} baud",
                    "in about": f"{result['seconds'] / 60:.1f} minutes", "hash": result["hash"]})
        return
    print(f"{result['port']}: {subject.name} runs on {chosen.name}; {result['bytes']} bytes in {result['upload_seconds']} s; {result['verified']}")


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
