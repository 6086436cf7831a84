"""What `flash` does, for the command, `verify`, `demo` and the public API: make the image, prove it here, plan, send,
and see what runs. How a finished image gets onto a watch is ticktalk.boards.flash."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.boards.board import Board
from ticktalk.boards.fleet import Load, Watch

if TYPE_CHECKING:
    from ticktalk.firmware import Firmware
    from ticktalk.proof.subject import AnySubject

UNPROVEN = 13  # exit code: the image was sent, verified and started, but nothing proves that it runs

Log = Callable[[str], None]
Progress = Callable[[int, int], None]


def _silent(line: str) -> None:
    pass


def _unwatched(done: int, total: int) -> None:
    pass


@dataclass(frozen=True)
class Ready(Load):
    """A Load, what to call it, and who agreed with the simulator before it was allowed to be sent."""

    name: str = "image"
    agreed: tuple[str, ...] = ()


def board_for(name_or_path: str | Path, baud: int | None = None) -> Board:
    """The board, with the speed that its boot loader is tried at first. BoardError where no serial protocol reaches
    it."""
    from ticktalk.boards.board import load_board
    from ticktalk.boards.flash.planning import require_protocol

    board = load_board(name_or_path)
    require_protocol(board)
    return board if baud is None else replace(board, loader_bauds=(baud, *board.bauds))


def require_watch(board: Board, port: str | None) -> None:
    """MissingToolError where a virtual watch is to be started and cannot, before minutes go into its image."""
    from ticktalk.boards.virtual.qemu import require_qemu

    if board.qemu is not None and port is None:
        require_qemu(board)


def finished(image: Path, board: Board) -> Ready:
    """An image from elsewhere, which need not be a ticktalk firmware."""
    return Ready(board, image, speaks=False, name=image.name)


def made(subject: "AnySubject", board: Board, folder: Path, log: Log = _silent, release: str = "0.1.0") -> Ready:
    """Export, build and prove on this machine; the project lies in `folder`. BuildError, VerifyError."""
    from ticktalk.firmware import make_firmware
    from ticktalk.firmware_gen.project.build import require_tools

    require_tools("arm", "host")
    firmware = make_firmware(subject, board, folder, log, release)
    agreed = prove_on_host(subject, firmware, log)
    return Ready(board, firmware.image, firmware.expect, name=subject.name, agreed=tuple(agreed))


def prove_on_host(subject: "AnySubject", firmware: "Firmware", log: Log = _silent) -> list[str]:
    """Names of the implementations that agree with the simulator; VerifyError, before any port is touched, if one does
    not."""
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
    """What would be done, without touching a port. ImageError."""
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
    """Upload, verify, reset, and see what runs: the plan with what came of it. Without a port as boards.attach says."""
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


def send_all(
    watches: list[Watch],
    loads: dict[str, Load],
    progress: Callable[[Watch, int, int], None],
    log: Callable[[Watch, str], None],
) -> list[dict]:
    """All of a fleet at the same time; of each what `send` returns, or "error" and "exit_code"."""
    from ticktalk.boards.fleet import flash_fleet

    return flash_fleet(watches, loads, progress, log)


def put_on_board(
    firmware: "Firmware",
    board: Board,
    port: str | None = None,
    flash_file: Path | None = None,
    progress: Progress = _unwatched,
    log: Log = _silent,
) -> dict:
    """`send` of a firmware that somebody else proves."""
    ready = Ready(board, firmware.image, firmware.expect)
    return send(ready, port, progress=progress, log=log, flash_file=flash_file)
