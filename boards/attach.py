"""A port to talk to: the one that was named, the only one plugged in, or a virtual watch started for the purpose."""

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
    """An open serial port for as long as the `with` lasts.

    Without `port` an emulated board gets a virtual watch of its own, which keeps its flash in `flash_file` (see
    virtual_watch.default_flash), is switched on in its boot loader if `recovery`, counts exactly if `exact`, and
    takes only images signed with `key` (a public one, DER) if there is one.
    A real board gets the only port there is.
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
