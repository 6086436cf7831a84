"""`ticktalk virtual`: a watch on a pseudo-terminal."""

import time
from pathlib import Path
from typing import Annotated

import typer

from ticktalk import show
from ticktalk.options import Board

Flash = Annotated[Path | None, typer.Option("--flash", help="File that holds the watch's flash.")]
Recovery = Annotated[bool, typer.Option("--recovery", help="Stay in the boot loader, as if a button were held.")]


def virtual(board: Board, flash: Flash = None, recovery: Recovery = False) -> None:
    """Switch a virtual watch on, print its port, and run until interrupted."""
    from boards.board import load_board
    from boards.qemu import require_qemu
    from boards.virtual_watch import VirtualWatch

    chosen = load_board(board)
    require_qemu(chosen)
    with VirtualWatch(chosen, flash, recovery=recovery, log=show.note) as watch:
        print(watch.port, flush=True)
        try:
            while watch.failure is None:
                time.sleep(0.2)
        except KeyboardInterrupt:
            return
