"""Identify the device on a port before anything is erased: boot loader or firmware, and for which board."""

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
IDENTIFY = 8.0  # seconds until identification fails

Log = Callable[[str], None]


def identify(
    serial: Line, board: Board, loader: Loader, log: Log = lambda line: None, updater: ConsoleLoader | None = None
) -> dict:
    """Put the device into its boot loader, and return what the boot loader reports.

    The result also has the key "from" ("boot loader" or "application"). If an application was running, the result also
    has the key "build".

    The boot loader is contacted first, at each of the board's baud rates, fastest first. A boot loader would mistake a
    console request for the start of a line. If an application is running, its banner must identify the right board
    before the application is restarted into the boot loader. If `updater` is given and the application supports
    updates, the application keeps running, and the result has the key "running" with its image's hash.
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
            if board.secondary:  # complete a frame that a disconnection may have truncated
                send(serial, bytes(LONGEST))
            continue
        check_banner(banner, board, {}, serial.port)
        application = {"from": "application"} | ({"build": banner["build"]} if "build" in banner else {})
        if updater and (state := updater.probe()):
            return {
                "loader": f"{banner.get('name', 'the firmware')} is running and supports updates",
                **application,
                "running": state.running.hex(),
            }
        log(f"{serial.port}: {banner.get('name', 'application')} is running; entering the boot loader")
        console.boot()
        found = application
    raise DeviceError(f"{serial.port}: neither a boot loader nor ticktalk firmware responds; {board.boot_entry}")


def check_banner(banner: dict[str, str], board: Board, expect: dict[str, str], port: str) -> None:
    """Check that the banner is from ticktalk firmware for this board, and contains the values of `expect`.

    Raises `DeviceError` for a wrong device, and `VerifyError` for an unexpected value.
    """
    if banner.get("product") != "ticktalk":
        raise DeviceError(f"{port}: the device is {banner.get('product', 'unknown')!r}, not ticktalk firmware")
    if banner.get("board") != board.name:
        raise DeviceError(
            f"{port}: the device is a {banner.get('board', 'board without a name')}, not a {board.name}; "
            "choose another --port or --board"
        )
    for name, value in expect.items():
        if banner.get(name) != value:
            raise VerifyError(
                f"{port}: the running firmware reports {name} {banner.get(name, '(none)')[:16]} instead of "
                f"{value[:16]}; flash again"
            )
