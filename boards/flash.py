"""The engine behind `flash --board NAME`: plan, identify, upload, verify, reset, and see that it speaks.

It takes a finished image (image.make_image). What it says at the end is what the device said, never a guess.
"""

import time
from collections.abc import Callable
from pathlib import Path

from .attach import attach
from .board import Board
from .console import Console
from .errors import DeviceError, ImageError, VerifyError
from .image import check_for_board
from .smp_serial import SmpClient, upload_cost

PROBE = 0.5              # seconds a probe waits for its answer
IDENTIFY = 8.0           # seconds until a device that answers nothing is called silent
START = 10.0             # seconds from reset to the banner
TURNAROUND = 0.002       # seconds from a chunk's last byte to its answer's: a guess, for the plan only


def plan(image: bytes, board: Board, name: str = "image") -> dict:
    """What would be done, without touching a port. Raises ImageError when the image is not for this board.

    `seconds` is the upload over a line of the board's baud; an emulated board has no line to wait for.
    """
    about = check_for_board(image, board, name)
    wire, trips = upload_cost(len(image))
    return {
        "board": board.name, "protocol": board.protocol, "baud": board.baud, "image": name,
        "version": about.version, "hash": about.hash.hex(), "bytes": len(image), "slot_bytes": board.slot_size,
        "address": board.slot_address, "wire_bytes": wire,
        "seconds": round(wire * 10 / board.baud + trips * TURNAROUND, 1),
    }


def flash(image_file: Path, board: Board, port: str | None = None, *, expect: dict[str, str] | None = None,
          progress: Callable[[int, int], None] = lambda done, total: None,
          log: Callable[[str], None] = lambda line: None, flash_file: Path | None = None) -> dict:
    """Put the image on the board and see it start. Returns the plan with what came of it (plain values, for --json).

    `expect`: lines of the banner that must be as given, e.g. {"build": "<hex>", "voice": "<hex>"}; "board" always must.
    `progress(done, total)` in bytes, `log` one line per step; `port` and `flash_file` as in attach.
    """
    image = _read(image_file)
    result = plan(image, board, Path(image_file).name)
    hash = bytes.fromhex(result["hash"])
    with attach(board, port, recovery=True, flash_file=flash_file, log=log) as serial:
        result |= {"port": serial.port, "emulated": port is None and board.qemu is not None}
        client, console = SmpClient(serial), Console(serial)
        before = identify(serial, board, log)
        result["before"] = before
        log(f"{serial.port}: boot loader, buffer of {before['buf_size']} bytes")

        started = time.monotonic()
        client.upload(image, progress, before["buf_size"])
        seconds = time.monotonic() - started
        result |= {"upload_seconds": round(seconds, 2), "bytes_per_second": round(len(image) / seconds),
                   "resent": client.resent}

        held = [i.get("hash") for i in client.images() if i.get("slot") == 0]
        if held != [hash]:
            found = "no valid image" if not held else f"hash {held[0].hex()[:16]}" if held[0] else "an image without a hash"
            raise VerifyError(f"{serial.port}: the boot loader holds {found} after the upload, "
                              f"not {result['hash'][:16]}; flash again")
        result["verified"] = "the boot loader checked the image's SHA-256 in flash and reports the same hash"
        log("hash in flash is right; reset")

        client.reset()
        try:
            banner = console.wait_banner(START)
        except DeviceError:
            raise VerifyError(f"{serial.port}: the image is in flash and its hash is right, but no banner came within "
                              f"{START:g} s of the reset; was it made for this board?") from None
        check_banner(banner, board, expect or {}, serial.port)
        result["banner"] = banner
    return result


def identify(serial, board: Board, log: Callable[[str], None] = lambda line: None) -> dict:
    """Bring the device into its boot loader and return the loader's parameters (with "from": what it was found in).

    The boot loader is asked first, since it would take the console's bytes for the start of a line. A running
    application is asked for its banner, must be the right board, and is sent into the boot loader.
    """
    client, console = SmpClient(serial), Console(serial)
    found = "boot loader"
    deadline = time.monotonic() + IDENTIFY
    while time.monotonic() < deadline:
        try:
            return client.parameters(timeout=PROBE, tries=2) | {"from": found}
        except DeviceError:
            pass
        try:
            banner = console.hello(PROBE)
        except DeviceError:
            continue
        check_banner(banner, board, {}, serial.port)
        log(f"{serial.port}: {banner.get('name', 'application')} is running; into the boot loader")
        console.boot()
        found = "application"
    raise DeviceError(f"{serial.port}: neither a boot loader nor a ticktalk firmware answers; {board.boot_entry}")


def check_banner(banner: dict[str, str], board: Board, expect: dict[str, str], port: str) -> None:
    """The firmware that speaks is ticktalk, for this board, and the one we mean. DeviceError or VerifyError."""
    if banner.get("product") != "ticktalk":
        raise DeviceError(f"{port}: what answers is {banner.get('product', 'unknown')!r}, not a ticktalk firmware")
    if banner.get("board") != board.name:
        raise DeviceError(f"{port}: this is a {banner.get('board', 'device without a board name')}, not a {board.name}; "
                          "choose another --port or --board")
    for name, value in expect.items():
        if banner.get(name) != value:
            raise VerifyError(f"{port}: the firmware that runs has {name} {banner.get(name, 'missing')[:16]}, "
                              f"not {value[:16]}; flash again")


def _read(image_file: Path) -> bytes:
    try:
        return Path(image_file).read_bytes()
    except OSError as error:
        raise ImageError(f"{image_file}: cannot read the image: {error.strerror}") from None
