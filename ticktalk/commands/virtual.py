"""`ticktalk virtual`: run a virtual watch on a pseudo-terminal."""

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ticktalk.commands.support import show
from ticktalk.commands.support.options import Board
from ticktalk.system.signals import Ended

if TYPE_CHECKING:
    from ticktalk.boards import board as boards

EXAMPLE = "ticktalk virtual --board qemu-m4"

Flash = Annotated[
    Path | None,
    typer.Option("--flash", help="File for the watch's flash contents, or a folder if the board is not emulated."),
]
Faults = Annotated[
    str | None,
    typer.Option(
        "--faults",
        help="Faults to inject, e.g. 'drop@1000 cut@70000' (docs/reference/virtual-watch.md).",
    ),
]
Wav = Annotated[
    Path | None,
    typer.Option("--wav", help="WAV file for the sound output, on a board with a chip model."),
]
Recovery = Annotated[bool, typer.Option("--recovery", help="Stay in the boot loader, as if its button were held.")]


def virtual(
    board: Board, flash: Flash = None, recovery: Recovery = False, faults: Faults = None, wav: Wav = None
) -> None:
    """Start a virtual watch, print its port, and run until interrupted. If the board is not emulated and has no chip
    model, only its boot loader runs."""
    from ticktalk.boards.board import load_board
    from ticktalk.boards.errors import BoardError
    from ticktalk.boards.virtual.chip_board import has_model
    from ticktalk.boards.virtual.qemu import require_qemu
    from ticktalk.boards.virtual.qemu_watch import VirtualWatch
    from ticktalk.firmware import trusted_key

    chosen = load_board(board)
    if wav is not None and not has_model(chosen):
        raise BoardError(f"{chosen.name}: there is no model of its chip, so its sound cannot be recorded; omit --wav")
    simple = faults is None and not recovery
    if has_model(chosen) and (simple or chosen.uf2) and _with_chip(chosen, board, flash, wav, faults or "", recovery):
        return
    if faults is not None or chosen.qemu is None:
        _simulate(chosen, flash, faults or "")
        return
    require_qemu(chosen)
    with VirtualWatch(chosen, flash, recovery=recovery, key=trusted_key(), log=show.note) as watch:
        print(watch.port, flush=True)
        try:
            while watch.failure is None:
                time.sleep(0.2)
        except Ended:
            raise
        except KeyboardInterrupt:  # the usual way to stop a virtual watch
            return


def _with_chip(
    board: "boards.Board", file: str, folder: Path | None, wav: Path | None, faults: str, recovery: bool
) -> bool:
    """Run the board on the model of its chip. Returns False if the model's package is not installed. In that case,
    raises MissingToolError if --wav is given or the boot loader is a USB drive."""
    from ticktalk.boards.errors import DeviceError, MissingToolError
    from ticktalk.boards.virtual.chip_board import ChipBoard, require_model
    from ticktalk.boards.virtual.qemu_watch import default_flash
    from ticktalk.firmware import trusted_key

    try:
        require_model(board)
    except MissingToolError as error:
        if wav is not None or board.uf2:
            raise
        show.note(f"only the boot loader runs: {error}")
        return False
    key = trusted_key()
    folder = folder or default_flash(board).with_suffix(".chip")
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as temporary:
        key_file = Path(temporary, "key.der")
        key_file.write_bytes(key or b"")
        with ChipBoard(
            board,
            folder,
            board_file=Path(file),
            wav=wav,
            key=key_file if key else None,
            faults=faults,
            recovery=recovery,
            log=show.note,
        ) as chip:
            print(chip.port, flush=True)
            if chip.drive:
                print(chip.drive, flush=True)
            try:
                while chip.running:
                    time.sleep(0.2)
            except Ended:
                raise
            except KeyboardInterrupt:  # the usual way to stop a virtual watch
                return True
        raise DeviceError(f"the firmware broke a rule of the chip: {chip.failure}")


def _simulate(board: "boards.Board", folder: Path | None, faults: str) -> None:
    from ticktalk.boards.virtual.bootloader_watch import simulated
    from ticktalk.boards.virtual.qemu_watch import default_flash
    from ticktalk.firmware import trusted_key

    with simulated(
        board, folder or default_flash(board).with_suffix(".simulated"), faults, key=trusted_key()
    ) as device:
        print(device.path, flush=True)
        try:
            device.wait()
        except Ended:
            raise
        except KeyboardInterrupt:  # the usual way to stop a virtual watch
            return
