"""The stages of `flash`, shared by several commands and the public API: build, verify, plan, send, check.

ticktalk.boards.flash uploads a finished image to a watch.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.boards.board import Board
from ticktalk.boards.fleet import Load
from ticktalk.boards.images import DEFAULT_VERSION

if TYPE_CHECKING:
    from ticktalk.firmware import Firmware
    from ticktalk.proof.subject import AnySubject

UNPROVEN = 13  # the exit code if the image was sent, verified and started, but it is unknown whether it is running

Log = Callable[[str], None]
Progress = Callable[[int, int], None]


def _silent(line: str) -> None:
    pass


def _unwatched(done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class Ready(Load):
    """A Load with a name, the implementations that agreed with the simulator before upload, and a build's report."""

    name: str = "image"
    agreed: tuple[str, ...] = ()
    report: dict | None = None


def board_for(name_or_path: str | Path, baud: int | None = None) -> Board:
    """Return the board, with `baud` as the first baud rate to try with its boot loader.

    Raises BoardError if the board has no serial protocol.
    """
    from ticktalk.boards.board import load_board
    from ticktalk.boards.flash.planning import require_protocol

    board = load_board(name_or_path)
    require_protocol(board)
    return board if baud is None else replace(board, loader_bauds=(baud, *board.bauds))


def require_watch(board: Board, port: str | None) -> None:
    """Raise an error if there is no such port, or if a virtual watch cannot start. Called before the image is built."""
    from ticktalk.boards.ports import require_port
    from ticktalk.boards.virtual.qemu import require_qemu

    if port is not None:
        require_port(port)
    if board.qemu is not None and port is None:
        require_qemu(board)


def finished(image: Path, board: Board) -> Ready:
    """Return an existing image, ready to flash. The image need not contain ticktalk firmware."""
    return Ready(board, image, speaks=False, name=image.name)


def made(
    subject: "AnySubject", board: Board, folder: Path, log: Log = _silent, release: str = DEFAULT_VERSION
) -> Ready:
    """Export, build and verify on this machine, with the project in `folder`. Raises BuildError or VerifyError."""
    from ticktalk.firmware import make_firmware
    from ticktalk.firmware_gen.project.build import require_tools

    require_tools("arm", "host")
    firmware = make_firmware(subject, board, folder, log, release)
    agreed = prove_on_host(subject, firmware, log)
    return Ready(
        board, firmware.image, firmware.expect, name=subject.name, agreed=tuple(agreed), report=firmware.report
    )


def prove_on_host(subject: "AnySubject", firmware: "Firmware", log: Log = _silent) -> list[str]:
    """Return the names of the implementations that agree with the simulator.

    Raises VerifyError, before any port is opened, if an implementation differs.
    """
    from ticktalk.boards.errors import VerifyError
    from ticktalk.proof.prover import Prover

    prover = Prover(subject, log)
    prover.ask_oracles()
    prover.ask_host(firmware.project)
    for name, agreement in prover.proof.agreements.items():
        if agreement.difference:
            raise VerifyError(f"not flashed: {name} differs from the simulator at {agreement.difference}")
    return prover.proof.compared


def planned(ready: Ready) -> dict:
    """Return a description of the planned update, without opening a port. Raises ImageError."""
    from ticktalk.boards.flash import plan
    from ticktalk.boards.images.formats import read_image_file

    return plan(read_image_file(ready.image, ready.board), ready.board, f"{ready.name} for {ready.board.name}")


def send(
    ready: Ready,
    port: str | None = None,
    *,
    progress: Progress = _unwatched,
    log: Log = _silent,
    flash_file: Path | None = None,
) -> dict:
    """Upload, verify and reset, then check which image is running. Return the plan and the outcome.

    boards.attach describes how a missing port is chosen.
    """
    from ticktalk.boards.flash import flash
    from ticktalk.firmware import trusted_key

    return flash(
        ready.image,
        ready.board,
        port,
        expect=ready.expect,
        speaks=ready.speaks,
        progress=progress,
        log=log,
        flash_file=flash_file,
        key=trusted_key(),
    )


def put_on_board(
    firmware: "Firmware",
    board: Board,
    port: str | None = None,
    flash_file: Path | None = None,
    progress: Progress = _unwatched,
    log: Log = _silent,
) -> dict:
    """Send firmware that the caller verifies separately. Otherwise like `send`."""
    ready = Ready(board, firmware.image, firmware.expect)
    return send(ready, port, progress=progress, log=log, flash_file=flash_file)
