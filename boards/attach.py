"""Finds a port to talk to: the named one, the only connected one, or that of a newly started virtual watch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.line import Line
from ticktalk.boards.ports import find_port, open_port


@contextmanager
def attach(
    board: Board,
    port: str | None = None,
    *,
    recovery: bool = False,
    flash_file: Path | None = None,
    exact: bool = True,
    key: bytes | None = None,
    log: Callable[[str], None] = lambda line: None,
) -> Iterator[Line]:
    """Yield an open serial port for the duration of the `with` block.

    Without `port`, an emulated board gets its own virtual watch. It keeps its flash in `flash_file` (see
    virtual_watch.default_flash), starts in its boot loader if `recovery`, and counts instructions exactly if
    `exact`. If there is a `key` (public, DER), it accepts only images signed with it.

    A real board gets the only connected port.
    """
    if port is not None or board.qemu is None:
        with open_port(port or find_port(board), board.baud) as serial:
            yield serial
        return
    from ticktalk.boards.virtual.qemu_watch import VirtualWatch

    with VirtualWatch(board, flash_file, recovery=recovery, exact=exact, key=key, log=log) as watch:
        try:
            with open_port(watch.port, board.baud) as serial:
                yield serial
        except DeviceError as error:
            raise (DeviceError(f"the virtual watch failed: {watch.failure}") if watch.failure else error) from None
