"""Check, after the reset, that the new image is running."""

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

REFUSED = "the boot loader did not install the image; check the image's version and its signing key"
BANNER = b"product=ticktalk\n"


def announced(image: bytes) -> dict[str, str]:
    """Return the banner values that identify the ticktalk firmware in `image`, or {} for other firmware."""
    begin = image.find(BANNER)
    text = image[begin : image.find(b"\0", begin)] if begin >= 0 else b""
    lines = dict(line.split("=", 1) for line in text.decode("ascii", "replace").splitlines() if "=" in line)
    return {name: lines[name] for name in ("board", "build", "voice") if name in lines}


def what_runs(
    serial: Line, board: Board, loader: Loader, update: Update, expect: dict[str, str], speaks: bool, before: str = ""
) -> dict:
    """Determine which image is running.

    Returns a dictionary with the keys "banner" (None if no banner was received), "proven" (whether it is certain that
    the new image is running) and "running" (the reason). Raises `VerifyError` if a different image is running.

    `before` is the build of the previous firmware, if known. If the boot loader refuses the new image because of its
    key or version, it starts the previous firmware, which also responds.
    """
    told, hash = announced(update.data), update.image.hash
    banner, listed = _asked(serial, board, loader, expect, speaks or bool(told))
    if banner is None:
        if listed is None:
            return _told(
                None,
                f"the running image is unknown: no ticktalk firmware responds, and {PROTOCOLS[board.protocol].unasked}",
            )
        _compare(serial, "in the image list after the restart", listed, hash)
        return _told(None, "the image list contains its hash after the restart", True)
    state = ConsoleLoader(serial, board).probe() if board.secondary else None
    if state and any(state.running):
        _compare(serial, "that is running", state.running, hash)
        return _told(banner, "the running firmware reports the image's hash", True)
    if banner.get("build") == hash.hex():  # simulated devices report the image's hash as their build
        return _told(banner, "the running firmware reports the image's hash", True)
    if told:
        check_banner(banner, board, told | expect, serial.port)
        if before and before != told.get("build"):
            return _told(banner, "the running firmware reports its build, which differs from the previous one", True)
        if board.secondary_address is None and told.get("build"):
            return _told(banner, "the running firmware reports its build, and the previous image was overwritten", True)
    elif not speaks:
        name = banner.get("name", "unknown")
        raise VerifyError(f"{serial.port}: firmware '{name}' is running, which is not in the new image: {REFUSED}")
    return _told(
        banner, "the running firmware reports its build but no hash, and the previous firmware may have the same build"
    )


def _told(banner: dict | None, running: str, proven: bool = False) -> dict:
    return {"banner": banner, "proven": proven, "running": running}


def _compare(serial: Line, where: str, found: bytes, sent: bytes) -> None:
    if found != sent:
        raise VerifyError(
            f"{serial.port}: the image {where} has hash {found.hex()[:16]}, but the new image has "
            f"{sent.hex()[:16]}: {REFUSED}"
        )


def _listed(serial: Line, board: Board, loader: Loader) -> bytes | None:
    """Return the hash from an image list, or None if there is no list. Tries all of the board's baud rates."""
    for baud in dict.fromkeys((*board.bauds, board.baud)):
        set_baud(serial, baud)
        if (found := loader.running()) is not None:
            return found
    return None


def _asked(
    serial: Line, board: Board, loader: Loader, expect: dict[str, str], speaks: bool
) -> tuple[dict | None, bytes | None]:
    """Return (banner, None) if the console responds, or otherwise (None, hash).

    The hash is from an image list, or None if there is no list. Ticktalk firmware has no image list.
    """
    console = Console(serial)
    deadline = time.monotonic() + START
    while time.monotonic() < deadline:
        if not speaks and (listed := _listed(serial, board, loader)) is not None:
            return None, listed
        set_baud(serial, board.baud)
        for ask in (console.wait_banner, console.hello):  # the start-up banner may be lost
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
            f"{serial.port}: the image is in flash and its hash is correct, but no banner arrived within "
            f"{START:g} s of the reset; check that the image is for this board"
        )
    return None, None
