"""Plan an update without opening a port, and select the boot loader client."""

from ticktalk.boards.board import Board
from ticktalk.boards.console import updater
from ticktalk.boards.errors import BoardError
from ticktalk.boards.images.formats import check_image, parts_of
from ticktalk.boards.line import Line
from ticktalk.boards.protocols import PROTOCOLS, SerialProtocol
from ticktalk.boards.protocols.loader import Loader


def plan(image: bytes, board: Board, name: str = "image") -> dict:
    """Return the plan of an update. Raises `ImageError` if the image is not for this board.

    "seconds" is the estimated upload time at the boot loader's highest baud rate. This estimate does not apply to
    emulated boards. "routes" lists the ways to transfer the image, best first.
    """
    facts = facts_of(image, board, name)
    whole = {"route": "through the boot loader", "bytes": len(image), "seconds": facts["seconds"]}
    return facts | {"routes": [*updater.routes(image, board), whole]}


def facts_of(image: bytes, board: Board, name: str) -> dict:
    """Return the plan without its routes."""
    about = check_image(image, board, name)
    seconds = _protocol(board).part("line_seconds")
    target = board.slot_address if board.secondary_address is None else board.secondary_address
    return {
        "board": board.name,
        "protocol": board.protocol,
        "cannot": _protocol(board).cannot,
        "baud": board.bauds[0],
        "image": name,
        "version": about.version,
        "signed": bool(about.signature),
        "hash": about.hash.hex(),
        "bytes": len(image),
        "slot_bytes": board.slot_size,
        "address": target,
        "in_place": board.secondary_address is None,
        "regions": [
            {
                "name": part.name,
                "address": target + part.offset,
                "bytes": part.size,
                "sha256": part.sha256.hex(),
                "seconds": round(seconds(part.size, board), 1),
            }
            for part in parts_of(image, board)
        ],
        "seconds": round(seconds(len(image), board), 1),
    }


def loader_of(board: Board, port: Line) -> Loader:
    """Return a client for the board's boot loader."""
    protocol = _protocol(board)
    return protocol.part(protocol.loader)(port, board)


def require_protocol(board: Board) -> None:
    """Raise `BoardError` with an alternative if the board has no serial protocol."""
    if board.protocol not in PROTOCOLS:
        raise BoardError(f"ticktalk cannot flash {board.name} over a serial port: {board.instead}")


def _protocol(board: Board) -> SerialProtocol:
    require_protocol(board)
    return PROTOCOLS[board.protocol]
