"""Checks after the restart that the running image is the one that was sent."""

import time

from ticktalk.boards.board import Board
from ticktalk.boards.console.client import Console
from ticktalk.boards.console.updater import ConsoleLoader
from ticktalk.boards.errors import DeviceError, UnpluggedError, VerifyError
from ticktalk.boards.flash.identifying import check_banner
from ticktalk.boards.line import Line
from ticktalk.boards.ports import set_baud
from ticktalk.boards.protocols import PROTOCOLS
from ticktalk.boards.protocols.loader import Loader, Update

PROBE = 0.5  # seconds to wait for the firmware's console
START = 10.0  # seconds from reset to the banner

REFUSED = "the boot loader did not install the image; check that it is signed with the right key, and not older"
BANNER = b"product=ticktalk\n"


def announced(image: bytes) -> dict[str, str]:
    """The lines by which a ticktalk firmware in `image` will identify itself; {} if it is not a ticktalk
    firmware."""
    begin = image.find(BANNER)
    text = image[begin : image.find(b"\0", begin)] if begin >= 0 else b""
    lines = dict(line.split("=", 1) for line in text.decode("ascii", "replace").splitlines() if "=" in line)
    return {name: lines[name] for name in ("board", "build", "voice") if name in lines}


def what_runs(
    serial: Line, board: Board, loader: Loader, update: Update, expect: dict[str, str], speaks: bool, before: str = ""
) -> dict:
    """Find out what runs now.

    Returns "banner" (None if there is none), "proven" (whether exactly the sent image runs), and "running"
    (how that is known, or why not). Raises VerifyError if another image runs.

    `before`: build of the firmware that ran before the update, if known. A boot loader that refuses an image
    (a foreign key, an older version) starts the old firmware, which answers too.
    """
    told, hash = announced(update.data), update.image.hash
    banner, listed = _asked(serial, board, loader, expect, speaks or bool(told))
    if banner is None:
        if listed is None:
            return _told(
                None,
                f"cannot tell what runs: no ticktalk firmware answers, and {PROTOCOLS[board.protocol].unasked}",
            )
        _compare(serial, "the image list names after the restart", listed, hash)
        return _told(None, "the image list shows its hash after the restart", True)
    state = ConsoleLoader(serial, board).probe() if board.secondary else None
    if state and any(state.running):
        _compare(serial, "runs", state.running, hash)
        return _told(banner, "the running firmware reports the image's hash", True)
    if banner.get("build") == hash.hex():  # as simulated devices report
        return _told(banner, "the running firmware reports the image's hash", True)
    if told:
        check_banner(banner, board, told | expect, serial.port)
        if before and before != told.get("build"):
            return _told(banner, "the running firmware reports its build, which differs from the one before", True)
    elif not speaks:
        name = banner.get("name", "unknown")
        raise VerifyError(f"{serial.port}: firmware '{name}' runs, which is not in the sent image: {REFUSED}")
    return _told(
        banner, "the running firmware reports its build, but not its image's hash: the same build may have run before"
    )


def _told(banner: dict | None, running: str, proven: bool = False) -> dict:
    return {"banner": banner, "proven": proven, "running": running}


def _compare(serial: Line, where: str, found: bytes, sent: bytes) -> None:
    if found != sent:
        raise VerifyError(
            f"{serial.port}: the image that {where} has hash {found.hex()[:16]}, the sent image has "
            f"{sent.hex()[:16]}: {REFUSED}"
        )


def _listed(serial: Line, board: Board, loader: Loader) -> bytes | None:
    """The hash in an image list, asked for at each of the board's speeds; None without a list."""
    for baud in dict.fromkeys((*board.bauds, board.baud)):
        set_baud(serial, baud)
        if (found := loader.running()) is not None:
            return found
    return None


def _asked(
    serial: Line, board: Board, loader: Loader, expect: dict[str, str], speaks: bool
) -> tuple[dict | None, bytes | None]:
    """Return (banner, None) if the console answers; otherwise (None, hash from an image list, or None without
    one).

    A ticktalk firmware has no such list, and is not asked for it.
    """
    console = Console(serial)
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        if not speaks and (listed := _listed(serial, board, loader)) is not None:
            return None, listed
        set_baud(serial, board.baud)
        for ask in (console.wait_banner, console.hello):  # the one that it sends when it starts may be lost
            try:
                banner = ask(PROBE)
            except UnpluggedError:
                raise
            except DeviceError:
                continue
            check_banner(banner, board, expect, serial.port)
            return banner, None
    if speaks:
        raise VerifyError(
            f"{serial.port}: the image is in flash and its hash is right, but no banner came within "
            f"{START:g} s of the reset; check that it was made for this board"
        )
    return None, None
