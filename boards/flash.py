"""The engine behind `flash --board NAME`: plan, identify, send what is new, verify, reset, and see that it speaks.

It takes a finished image (image.make_image) and knows protocols only as loader.Loader; a firmware that takes updates
itself is asked before the boot loader (console_loader.py). What it says at the end is what the device said, never a
guess."""

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from ticktalk.boards.attach import attach
from ticktalk.boards.board import Board
from ticktalk.boards.console import updater as console_loader
from ticktalk.boards.console.client import Console
from ticktalk.boards.console.frames import LONGEST
from ticktalk.boards.console.updater import ConsoleLoader
from ticktalk.boards.errors import BoardError, DeviceError, UnpluggedError, VerifyError
from ticktalk.boards.images import cache
from ticktalk.boards.images.formats import check_image, parts_of, read_image_file
from ticktalk.boards.journal import Journal
from ticktalk.boards.noise import telling
from ticktalk.boards.ports import device_name, latency_ms, open_again, remember, send, set_baud
from ticktalk.boards.protocols import PROTOCOLS, SerialProtocol
from ticktalk.boards.protocols.loader import Loader, Progress, Update

PROBE = 0.5  # seconds the application's console is given to answer
IDENTIFY = 8.0  # seconds until a device that answers nothing is called silent
START = 10.0  # seconds from reset to the banner
TRIES = 2  # whole updates, the second one without taking anything for granted
RETURN = 20.0  # seconds in which a cable that was pulled may be put back
PULLS = 5  # times that this is waited for

BANNER = b"product=ticktalk\n"

Log = Callable[[str], None]
Result = TypeVar("Result")


def plan(image: bytes, board: Board, name: str = "image") -> dict:
    """What would be done, without touching a port. Raises ImageError when the image is not for this board.

    `seconds` is the upload over a line of the boot loader's fastest baud; an emulated board has no line to wait for.
    `ways`: each way that the image may take, the best one first."""
    facts = _facts(image, board, name)
    whole = {"way": "through the boot loader", "bytes": len(image), "seconds": facts["seconds"]}
    return facts | {"ways": [*console_loader.ways(image, board), whole]}


def _facts(image: bytes, board: Board, name: str) -> dict:
    about = check_image(image, board, name)
    seconds = _protocol(board).part("line_seconds")
    target = board.slot_address if board.secondary_address is None else board.secondary_address
    return {
        "board": board.name,
        "protocol": board.protocol,
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


def flash(
    image_file: Path,
    board: Board,
    port: str | None = None,
    *,
    expect: dict[str, str] | None = None,
    speaks: bool = True,
    progress: Progress = lambda done, total: None,
    log: Log = lambda line: None,
    flash_file: Path | None = None,
    key: bytes | None = None,
) -> dict:
    """Put the image on the board and see it start. Returns the plan with what came of it (plain values, for --json).

    `expect`: lines of the banner that must be as given, e.g. {"build": "<hex>", "voice": "<hex>"}; "board" always must.
    `speaks`: whether it is a ticktalk firmware at all; one that is not cannot say that it runs.
    `progress(done, total)` in bytes, `log` one line per step; `port`, `flash_file` and `key` as in attach.
    "pulls": how often the cable was out; what was sent is then told of the time after the last one. "noise": the bytes
    on the line that were part of no answer, as noise.Noise.told says it.
    """
    data = read_image_file(image_file, board)
    name = Path(image_file).name
    result = _facts(data, board, name)
    update = Update(data, check_image(data, board, name), parts_of(data, board))
    with (
        attach(board, port, recovery=True, flash_file=flash_file, key=key, log=log) as serial,
        telling(serial, log) as noise,
    ):
        emulated = port is None and board.qemu is not None
        if (late := latency_ms(serial.port) or 0) > 1:
            log(
                f"{serial.port}: the USB adapter holds every answer back for up to {late} ms; faster: "
                f"echo 1 | sudo tee /sys/class/tty/{Path(serial.port).resolve().name}/device/latency_timer"
            )
        run = _Run(serial, board, str(flash_file) if emulated else device_name(serial.port), not emulated, log)
        # Of a watch with a flash file of its own nothing is remembered elsewhere: often neither outlives the command.
        own = emulated and flash_file is not None
        run.notes = Path(flash_file).parent if own else None
        result |= run.despite_pulls(lambda: run.put(update, progress))
        try:
            result["banner"] = run.despite_pulls(lambda: _runs(serial, board, update, expect or {}, speaks))
        except VerifyError:
            run.journal.finish([])  # of what was believed to be there something is not
            raise
        result |= {"port": serial.port, "emulated": emulated, "before": run.before, "pulls": run.pulls}
        result["noise"] = noise.told()
        if not own:
            cache.keep(board.name, data, update.image.hash)
    if port is None and not emulated:
        remember(board, result["port"])
    return result


class _Run:
    """One run of `flash`: what outlives a pulled cable.

    `device` as ports.device_name told it, `patient`: whether there is a cable that may come back. `before`: what was
    found at first; `journal` of the update, once `put` has returned."""

    def __init__(self, serial, board: Board, device: str, patient: bool, log: Log):
        self._serial, self._board, self._device, self._patient, self._log = serial, board, device, patient, log
        self._chip: str | None = None
        self.before: dict | None = None
        self.journal: Journal | None = None
        self.notes: Path | None = None  # folder of the journal, where it is not the user's
        self.pulls = 0

    def despite_pulls(self, step: Callable[[], Result]) -> Result:
        """What `step` returns; once more each time that the cable was pulled and put back."""
        while True:
            try:
                return step()
            except UnpluggedError:
                self.pulls += 1
                if not self._patient or self.pulls > PULLS:
                    raise
                self._log(f"{self._serial.port}: the cable is out; put it back within {RETURN:g} s and this goes on")
                open_again(self._serial, self._device, RETURN)

    def put(self, update: Update, progress: Progress) -> dict:
        """The device holds the image and starts it; what came of it."""
        serial, board, log = self._serial, self._board, self._log
        loader, updater = loader_of(board, serial), ConsoleLoader(serial, board)
        before = self._identify(loader, updater)
        self.before = self.before or before
        log(f"{serial.port}: {before['loader']}, {serial.baudrate} baud")
        told = None
        if "running" in before and (told := _bring_to_firmware(updater, update, progress, log)) is None:
            before = self._identify(loader)
        self.journal = Journal(board.name, self._chip or self._device, self.notes)
        if told is None:
            told = _bring(loader, update, self.journal, progress, log)
            loader.start(update)
        return told

    def _identify(self, loader: Loader, updater: ConsoleLoader | None = None) -> dict:
        """As `identify` says it; DeviceError for another chip than before."""
        found = identify(self._serial, self._board, loader, self._log, updater)
        chip = found.get("id")
        if chip and self._chip and chip != self._chip:
            raise DeviceError(
                f"{self._serial.port}: what came back is chip {chip}, it was {self._chip}; is it another watch? Run "
                f"again"
            )
        self._chip = self._chip or chip
        return found


def loader_of(board: Board, port) -> Loader:
    """The client for the board's boot loader."""
    protocol = _protocol(board)
    return protocol.part(protocol.loader)(port, board)


def identify(
    serial, board: Board, loader: Loader, log: Log = lambda line: None, updater: ConsoleLoader | None = None
) -> dict:
    """Bring the device into its boot loader and return what that tells (with "from": what it was found in).

    The boot loader is asked first, since it would take the console's bytes for the start of a line; at each of the
    board's speeds, the fastest first. A running application is asked for its banner, must be the right board, and is
    sent into the boot loader; but with `updater` one that takes updates goes on running ("running": its image's hash).
    """
    console = Console(serial)
    found = "boot loader"
    deadline = time.monotonic() + IDENTIFY
    while time.monotonic() < deadline:
        for baud in board.bauds:
            set_baud(serial, baud)
            if about := loader.probe():
                return about | {"from": found}
        set_baud(serial, board.baud)
        try:
            banner = console.hello(PROBE)
        except UnpluggedError:
            raise
        except DeviceError:
            if board.secondary:  # a frame that an update left unfinished when the cable was pulled ends here
                send(serial, bytes(LONGEST))
            continue
        check_banner(banner, board, {}, serial.port)
        if updater and (state := updater.probe()):
            return {
                "loader": f"{banner.get('name', 'the firmware')} is running, and takes updates itself",
                "from": "application",
                "running": state.running.hex(),
            }
        log(f"{serial.port}: {banner.get('name', 'application')} is running; into the boot loader")
        console.boot()
        found = "application"
    raise DeviceError(f"{serial.port}: neither a boot loader nor a ticktalk firmware answers; {board.boot_entry}")


def _bring_to_firmware(updater: ConsoleLoader, update: Update, progress: Progress, log: Log) -> dict | None:
    """The firmware took the image and the device starts anew; or what it holds is wrong, and nothing: then the boot
    loader has to do it."""
    try:
        told = updater.bring(update, progress, log)
    except VerifyError as error:
        log(f"{error}; once more, through the boot loader")
        return None
    if told["sent_bytes"]:
        log(f"{told['verified']}; reset")
        updater.restart()
    return told


def _bring(loader: Loader, update: Update, journal: Journal, progress: Progress, log: Log) -> dict:
    """The device holds the image, verified, when this returns."""
    hash = update.image.hash
    if loader.runs(update):
        log("this very image is there already")
        return _sent(
            loader, replace(update, kept=frozenset(update.regions)), 0.0, "the boot loader reports the image's hash"
        )
    started = time.monotonic()
    for attempt in range(TRIES):
        if attempt == 0:
            start = journal.done(hash)
            noted = {part: journal.holds(part.offset, part.size, part.sha256) for part in update.regions}
            kept = frozenset(part for part in update.regions if loader.keeps(update, part, noted[part]))
            update = replace(update, start=start, kept=kept)
            if start:
                log(f"going on at byte {start}")
            if kept:
                log(f"unchanged on the watch: {', '.join(part.name for part in update.regions if part in kept)}")
        else:
            update = replace(update, start=0, kept=frozenset())
        journal.begin(hash, _held(update.kept), update.start)

        def note(done: int, total: int) -> None:
            journal.note(done)
            progress(done, total)

        try:
            loader.write(update, note)
            verified = loader.verify(update)
            break
        except VerifyError as error:
            journal.finish([])
            if attempt == TRIES - 1 or not (update.start or update.kept):
                raise
            log(f"{error}; once more, with every byte")
        finally:
            journal.save()
    journal.finish(_held(update.regions))
    log(f"{verified}; reset")
    return _sent(loader, update, time.monotonic() - started, verified)


def _held(parts) -> list[tuple[int, int, bytes]]:
    return [(part.offset, part.size, part.sha256) for part in parts]


def _sent(loader: Loader, update: Update, seconds: float, verified: str) -> dict:
    size = sum(max(0, part.end - max(part.offset, update.start)) for part in update.sent)
    return {
        "way": "through the boot loader",
        "sent_bytes": size,
        "wire_bytes": loader.client.wire,
        "skipped": [part.name for part in update.regions if part in update.kept],
        "upload_seconds": round(seconds, 2),
        "bytes_per_second": round(size / seconds) if seconds else 0,
        "resent": loader.client.resent,
        "verified": verified,
    }


def announced(image: bytes) -> dict[str, str]:
    """The lines by which a ticktalk firmware in `image` will tell itself from others, if there is one."""
    begin = image.find(BANNER)
    text = image[begin : image.find(b"\0", begin)] if begin >= 0 else b""
    lines = dict(line.split("=", 1) for line in text.decode("ascii", "replace").splitlines() if "=" in line)
    return {name: lines[name] for name in ("board", "build", "voice") if name in lines}


def _runs(serial, board: Board, update: Update, expect: dict[str, str], speaks: bool) -> dict | None:
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


def _banner(serial, board: Board, expect: dict[str, str], speaks: bool) -> dict | None:
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


def check_banner(banner: dict[str, str], board: Board, expect: dict[str, str], port: str) -> None:
    """The firmware that speaks is ticktalk, for this board, and the one we mean. DeviceError or VerifyError."""
    if banner.get("product") != "ticktalk":
        raise DeviceError(f"{port}: what answers is {banner.get('product', 'unknown')!r}, not a ticktalk firmware")
    if banner.get("board") != board.name:
        raise DeviceError(
            f"{port}: this is a {banner.get('board', 'device without a board name')}, not a {board.name}; "
            "choose another --port or --board"
        )
    for name, value in expect.items():
        if banner.get(name) != value:
            raise VerifyError(
                f"{port}: the firmware that runs has {name} {banner.get(name, 'missing')[:16]}, "
                f"not {value[:16]}; flash again"
            )


def require_protocol(board: Board) -> None:
    """BoardError, with what works in its place, for a board that no serial protocol reaches."""
    if board.protocol not in PROTOCOLS:
        raise BoardError(f"ticktalk cannot flash {board.name} over a serial line: {board.instead}")


def _protocol(board: Board) -> SerialProtocol:
    require_protocol(board)
    return PROTOCOLS[board.protocol]
