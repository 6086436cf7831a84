"""Finds out, before anything is erased, what is behind the port: boot loader or firmware, and for which board."""

import time
from collections.abc import Callable

from ticktalk.boards.board import Board
from ticktalk.boards.console.client import Console
from ticktalk.boards.console.frames import LONGEST
from ticktalk.boards.console.updater import ConsoleLoader
from ticktalk.boards.errors import DeviceError, UnpluggedError, VerifyError
from ticktalk.boards.line import Line
from ticktalk.boards.ports import send, set_baud
from ticktalk.boards.protocols.loader import Loader

PROBE = 0.5  # seconds to wait for the application's console
IDENTIFY = 8.0  # seconds until a device counts as silent

Log = Callable[[str], None]


def identify(
    serial: Line, board: Board, loader: Loader, log: Log = lambda line: None, updater: ConsoleLoader | None = None
) -> dict:
    """Bring the device into its boot loader and return what that reports, with "from": what was running, and
    "build" if it was an application.

    The boot loader is asked first, because it would take the console's bytes for the start of a line. It is
    asked at each of the board's speeds, fastest first. A running application is asked for its banner, must be
    for the right board, and is sent into the boot loader. But with `updater`, an application that takes
    updates keeps running ("running": its image's hash).
    """
    console = Console(serial)
    found: dict[str, str] = {"from": "boot loader"}
    deadline = time.monotonic() + IDENTIFY
    while time.monotonic() < deadline:
        for baud in board.bauds:
            set_baud(serial, baud)
            if about := loader.probe():
                return about | found
        set_baud(serial, board.baud)
        try:
            banner = console.hello(PROBE)
        except UnpluggedError:
            raise
        except DeviceError:
            if board.secondary:  # ends a frame that an update left unfinished when the cable was pulled
                send(serial, bytes(LONGEST))
            continue
        check_banner(banner, board, {}, serial.port)
        application = {"from": "application"} | ({"build": banner["build"]} if "build" in banner else {})
        if updater and (state := updater.probe()):
            return {
                "loader": f"{banner.get('name', 'the firmware')} is running and takes updates itself",
                **application,
                "running": state.running.hex(),
            }
        log(f"{serial.port}: {banner.get('name', 'application')} is running; entering the boot loader")
        console.boot()
        found = application
    raise DeviceError(f"{serial.port}: neither a boot loader nor a ticktalk firmware answers; {board.boot_entry}")


def check_banner(banner: dict[str, str], board: Board, expect: dict[str, str], port: str) -> None:
    """Check that the firmware is ticktalk, for this board, and the expected one. Raises DeviceError or
    VerifyError."""
    if banner.get("product") != "ticktalk":
        raise DeviceError(f"{port}: the device is {banner.get('product', 'unknown')!r}, not a ticktalk firmware")
    if banner.get("board") != board.name:
        raise DeviceError(
            f"{port}: this is a {banner.get('board', 'device without a board name')}, not a {board.name}; "
            "choose another --port or --board"
        )
    for name, value in expect.items():
        if banner.get(name) != value:
            raise VerifyError(
                f"{port}: the running firmware has {name} {banner.get(name, 'missing')[:16]}, "
                f"not {value[:16]}; flash again"
            )
