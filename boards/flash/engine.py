"""A complete update, from opening the port to checking which image runs, with recovery from disconnections."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ticktalk.boards.attach import attach
from ticktalk.boards.board import Board
from ticktalk.boards.console.updater import ConsoleLoader
from ticktalk.boards.deadline import limited
from ticktalk.boards.errors import DeviceError, UnpluggedError, VerifyError
from ticktalk.boards.flash.by_drive import flash_by_drive
from ticktalk.boards.flash.identifying import identify
from ticktalk.boards.flash.planning import facts_of, loader_of
from ticktalk.boards.flash.running import what_runs
from ticktalk.boards.flash.sending import bring, bring_to_firmware
from ticktalk.boards.images import cache
from ticktalk.boards.images.formats import check_image, parts_of, read_image_file
from ticktalk.boards.journal import Journal
from ticktalk.boards.line import Line
from ticktalk.boards.noise import telling
from ticktalk.boards.ports import device_name, latency_ms, open_again, remember
from ticktalk.boards.protocols import PROTOCOLS
from ticktalk.boards.protocols.loader import Loader, Progress, Update

RETURN = 20.0  # seconds allowed for reconnecting the cable
PULLS = 5  # maximum number of disconnections per run

Log = Callable[[str], None]
Result = TypeVar("Result")


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
    """Flash the image, check which image runs afterwards, and return the plan and the outcome for --json.

    `expect` gives values that the banner must contain, e.g. {"build": "<hex>", "voice": "<hex>"}. The board named in
    the banner is always checked. `speaks` states whether the image is ticktalk firmware. Other firmware has no banner.
    `progress(done, total)` is called with byte counts, and `log` with one line per stage. For `port`, `flash_file` and
    `key`, see `attach`. A boot loader that appears as a USB drive needs no port, or `port` may be the folder where the
    drive is mounted.

    In the result, "pulls" is the number of disconnections. Transfer statistics cover only the time after the last
    disconnection. The key "noise" contains the result of `noise.Noise.told`.
    """
    data = read_image_file(image_file, board)
    name = Path(image_file).name
    result = facts_of(data, board, name)
    update = Update(data, check_image(data, board, name), parts_of(data, board))
    if PROTOCOLS[board.protocol].drive and (port is None or Path(port).is_dir()):
        return result | flash_by_drive(update, board, port, progress)
    with (
        attach(board, port, recovery=True, flash_file=flash_file, key=key, log=log) as serial,
        telling(serial, log) as noise,
        limited(serial, len(data)),
    ):
        emulated = port is None and board.qemu is not None
        if (late := latency_ms(serial.port) or 0) > 1:
            log(
                f"{serial.port}: the USB adapter delays every response by up to {late} ms; to reduce this, run "
                f"echo 1 | sudo tee /sys/class/tty/{Path(serial.port).resolve().name}/device/latency_timer"
            )
        run = _Run(serial, board, str(flash_file) if emulated else device_name(serial.port), not emulated, log)
        # A virtual watch with its own flash file may be temporary, so its journal is next to that file.
        own = emulated and flash_file is not None
        run.notes = flash_file.parent if own and flash_file else None
        result |= run.despite_pulls(lambda: run.put(update, progress))
        try:
            result |= run.despite_pulls(
                lambda: what_runs(serial, board, loader_of(board, serial), update, expect or {}, speaks, run.build)
            )
        except VerifyError:
            if run.journal:
                run.journal.finish([])  # the journal does not match the flash contents
            raise
        result |= {"port": serial.port, "emulated": emulated, "before": run.before, "pulls": run.pulls}
        result["noise"] = noise.told()
        if not own:
            cache.keep(board.name, data, update.image.hash)
    if port is None and not emulated:
        remember(board, result["port"])
    return result


class _Run:
    """The state of one `flash` run, which is kept across disconnections.

    `device` is the return value of `ports.device_name`. `patient` states whether to wait until a disconnected cable is
    reconnected. `before` is the result of the first identification. Once `put` has returned, `journal` is the update's
    journal.
    """

    def __init__(self, serial: Line, board: Board, device: str, patient: bool, log: Log):
        self._serial, self._board, self._device, self._patient, self._log = serial, board, device, patient, log
        self._chip: str | None = None
        self.before: dict | None = None
        self.journal: Journal | None = None
        self.notes: Path | None = None  # the journal's folder, or None for the user's state directory
        self.build = ""  # build of the previous firmware, if known
        self.pulls = 0

    def despite_pulls(self, step: Callable[[], Result]) -> Result:
        """Return the result of `step`, repeating it whenever the cable has been unplugged and reconnected."""
        while True:
            try:
                return step()
            except UnpluggedError:
                self.pulls += 1
                if not self._patient or self.pulls > PULLS:
                    raise
                self._log(f"{self._serial.port}: the cable is unplugged; reconnect it within {RETURN:g} s to continue")
                open_again(self._serial, self._device, RETURN)

    def put(self, update: Update, progress: Progress) -> dict:
        """Transfer the image to the device, start it, and return the outcome."""
        serial, board, log = self._serial, self._board, self._log
        loader, updater = loader_of(board, serial), ConsoleLoader(serial, board)
        before = self._identify(loader, updater)
        self.before = self.before or before
        self.build = self.build or before.get("build", "")
        log(f"{serial.port}: {before['loader']}, {serial.baudrate} baud")
        told = None
        if "running" in before and (told := bring_to_firmware(updater, update, progress, log)) is None:
            before = self._identify(loader)
        self.journal = Journal(board.name, self._chip or self._device, self.notes)
        if told is None:
            told = bring(loader, update, self.journal, progress, log)
            loader.start(update)
        return told

    def _identify(self, loader: Loader, updater: ConsoleLoader | None = None) -> dict:
        """Identify the device. Raises `DeviceError` if the chip is not the one found earlier."""
        found = identify(self._serial, self._board, loader, self._log, updater)
        chip = found.get("id")
        if chip and self._chip and chip != self._chip:
            raise DeviceError(
                f"{self._serial.port}: the chip is now {chip}, but was {self._chip}; connect the same watch and run "
                f"again"
            )
        self._chip = self._chip or chip
        return found
