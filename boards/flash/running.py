"""After the restart: that what runs is the image that was sent, and no other."""

import time

from ticktalk.boards.board import Board
from ticktalk.boards.console.client import Console
from ticktalk.boards.console.updater import ConsoleLoader
from ticktalk.boards.errors import DeviceError, UnpluggedError, VerifyError
from ticktalk.boards.flash.identifying import check_banner
from ticktalk.boards.line import Line
from ticktalk.boards.ports import set_baud
from ticktalk.boards.protocols.loader import Update

PROBE = 0.5  # seconds the firmware's console is given to answer
START = 10.0  # seconds from reset to the banner

BANNER = b"product=ticktalk\n"


def announced(image: bytes) -> dict[str, str]:
    """The lines by which a ticktalk firmware in `image` will tell itself from others, if there is one."""
    begin = image.find(BANNER)
    text = image[begin : image.find(b"\0", begin)] if begin >= 0 else b""
    lines = dict(line.split("=", 1) for line in text.decode("ascii", "replace").splitlines() if "=" in line)
    return {name: lines[name] for name in ("board", "build", "voice") if name in lines}


def what_runs(serial: Line, board: Board, update: Update, expect: dict[str, str], speaks: bool) -> dict | None:
    """The banner of what runs now, which is the image that was sent and no other; None where it cannot speak.

    A boot loader that refuses an image (a foreign key, an older version) starts the old firmware, and that speaks too.
    """
    told = announced(update.data)
    banner = _banner(serial, board, expect, speaks or bool(told))
    if banner is None:
        return None
    refused = "the boot loader did not take the image over (is it signed with the right key, and not older?)"
    state = ConsoleLoader(serial, board).probe() if board.secondary else None
    if state and any(state.running):
        if state.running != update.image.hash:
            raise VerifyError(
                f"{serial.port}: the image that runs has hash {state.running.hex()[:16]}, the one that was sent "
                f"{update.image.hash.hex()[:16]}: {refused}"
            )
    elif banner.get("build") == update.image.hash.hex():
        pass  # it names the very image, as the simulated devices do
    elif told:
        check_banner(banner, board, told | expect, serial.port)
    elif not speaks:
        name = banner.get("name", "unknown")
        raise VerifyError(f"{serial.port}: firmware '{name}' runs, which is not in the image that was sent: {refused}")
    return banner


def _banner(serial: Line, board: Board, expect: dict[str, str], speaks: bool) -> dict | None:
    set_baud(serial, board.baud)
    console = Console(serial)
    deadline, banner = time.monotonic() + START, None
    while banner is None and time.monotonic() < deadline:
        for ask in (console.wait_banner, console.hello):  # the one it sends at its start may be lost
            try:
                banner = ask(PROBE)
                break
            except UnpluggedError:
                raise
            except DeviceError:
                pass
    if banner is None:
        if not speaks:
            return None
        raise VerifyError(
            f"{serial.port}: the image is in flash and its hash is right, but no banner came within "
            f"{START:g} s of the reset; was it made for this board?"
        )
    check_banner(banner, board, expect, serial.port)
    return banner
