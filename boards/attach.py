"""Open the port to a board: the named port, the only connected port, or that of a newly started virtual watch."""

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
    """Yield an open serial port, and close it at the end of the `with` block.

    If `port` is None, an emulated board starts its own virtual watch, and a real board uses the only
    connected port.

    The other parameters apply only to the virtual watch. The watch keeps its flash contents in `flash_file` (by
    default, qemu_watch.default_flash). If `recovery` is true, the watch starts in its boot loader. If `exact` is true,
    the watch counts instructions exactly. If `key` (a public key in DER) is given, the watch accepts only images with a
    matching signature. `log` is called with one line per event.

    Raises `PortError` if there is no suitable port, and `DeviceError` if the virtual watch fails.
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
