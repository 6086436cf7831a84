"""Flash many watches in parallel, one thread per watch, from a TOML file that lists them.

[[watch]]
board = "nucleo-l4r5zi"
port = "/dev/serial/by-id/usb-..."
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from ticktalk.boards.board import Board, load_board
from ticktalk.boards.errors import BoardError, BoardsError
from ticktalk.boards.flash import flash
from ticktalk.boards.toml_reader import read, table
from ticktalk.system.toml import read_toml


@table
class Watch:
    """One watch in the file. The port is required because USB cannot tell identical watches apart."""

    board: str
    port: str


@table
class Fleet:
    """The contents of a fleet file."""

    watch: tuple[Watch, ...]


@dataclass(frozen=True)
class Load:
    """The image file for one board, with the arguments `expect` and `speaks` of `flash`."""

    board: Board
    image: Path
    expect: dict[str, str] | None = None
    speaks: bool = True


def read_fleet(path: Path) -> list[Watch]:
    """Return the watches listed in the file.

    Raises a `BoardError` that names the file and the key if the file is invalid or lists a port twice.
    """
    fleet = read(Fleet, read_toml(path, BoardError), path.name)
    ports = [str(Path(watch.port).resolve()) for watch in fleet.watch]
    for watch, port in zip(fleet.watch, ports):
        load_board(watch.board)
        if ports.count(port) > 1:
            raise BoardError(f"{path.name}: port {watch.port} is listed twice")
    if not fleet.watch:
        raise BoardError(f"{path.name}: no [[watch]] table; add one for each watch")
    return list(fleet.watch)


def flash_fleet(
    watches: list[Watch],
    loads: dict[str, Load],
    progress: Callable[[Watch, int, int], None],
    log: Callable[[Watch, str], None],
) -> list[dict]:
    """Flash all watches at the same time.

    `loads` maps board names to images. `progress` and `log` are called from the watches' threads. Returns one
    dict per watch, in the order of `watches`: the result of `flash`, or the keys "board", "port", "error" and
    "exit_code" if it failed.
    """

    def one(watch: Watch) -> dict:
        load = loads[watch.board]
        try:
            return flash(
                load.image,
                load.board,
                watch.port,
                expect=load.expect,
                speaks=load.speaks,
                progress=lambda done, total: progress(watch, done, total),
                log=lambda line: log(watch, line),
            )
        except BoardsError as error:
            return {"board": watch.board, "port": watch.port, "error": str(error), "exit_code": error.exit_code}

    with ThreadPoolExecutor(len(watches)) as pool:
        return list(pool.map(one, watches))
