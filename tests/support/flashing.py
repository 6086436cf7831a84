"""Helpers for the tests of all flashing protocols.

The helpers inject faults into updates and determine which image boots afterwards.
"""

import os
import random
import shutil
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from tests.support.watch_firmware import voiced
from ticktalk.boards.board import Board
from ticktalk.boards.errors import BoardsError
from ticktalk.boards.flash import flash
from ticktalk.boards.images.formats import check_image
from ticktalk.boards.images.mcuboot import make_image
from ticktalk.boards.virtual.bootloaders.esp import EspApplication
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.boards.virtual.mcuboot import BootLoader
from ticktalk.boards.virtual.nor_flash import VirtualFlash
from ticktalk.boards.virtual.pty_device import SimulatedDevice
from ticktalk.system.home import state_folder

VOICE = bytes(range(256)) * 400
OTHER = bytes(reversed(range(256))) * 400
RUNS = int(os.environ.get("TICKTALK_FAULT_RUNS", 4))


@dataclass(frozen=True)
class Update:
    """An update from an old image to a new one, on a small board that `make_watch` simulates.

    The board is so small that a thousand updates take only minutes.
    """

    board: Board
    make_watch: Callable
    old: bytes
    new: bytes

    @property
    def hash(self) -> bytes:
        """The SHA-256 of the new image."""
        return check_image(self.new, self.board).hash

    @property
    def expect(self) -> dict[str, str]:
        """The expected banner of the new image."""
        return {"build": self.hash.hex()}

    def watch(self, folder: Path, faults: Faults | None = None):
        """Return a watch whose primary slot already holds the old image."""
        watch = self.make_watch(self.board, folder, faults)
        watch.loader.primary.erase()
        watch.loader.primary.program(0, self.old + b"\xff" * (-len(self.old) % watch.flash.word))
        return watch

    def flash(self, port: str, file: Path, **options) -> dict:
        """Flash the new image in `file` and return the result of `flash`."""
        return flash(file, self.board, port, expect=self.expect, **options)


def update_of(board: Board, make_watch: Callable, voice: int) -> Update:
    """Return an update between two images with voices of `voice` bytes."""
    return Update(
        board,
        make_watch,
        *(make_image(voiced(board, name, data[:voice]), board) for name, data in (("old", OTHER), ("new", VOICE))),
    )


def booted(update: Update, watch, folder: Path) -> str:
    """Return which image would boot if power were restored now: "old", "new" or "none".

    A copy of the flash is booted, because booting can change the flash.
    """
    shutil.copytree(folder, folder / "copy", ignore=shutil.ignore_patterns("copy"))
    copy = VirtualFlash(folder / "copy" / "flash", watch.flash.size, watch.flash.page, watch.flash.word)
    loader = watch.loader
    primary, secondary = (
        slot and replace(slot, flash=copy) for slot in (loader.primary, getattr(loader, "secondary", None))
    )
    again = (
        replace(loader, primary=primary)
        if isinstance(loader, EspApplication)
        else BootLoader(loader.board, primary, secondary)
    )
    try:
        hash = again.boot().hash
    except BoardsError:
        return "none"
    finally:
        copy.close()
        shutil.rmtree(folder / "copy")
    return "new" if hash == update.hash else "old"


def fault_scripts(size: int) -> list[str]:
    """Return RUNS random fault scripts for an update that sends about `size` bytes."""
    return [random_script(random.Random(seed), size) for seed in range(RUNS)]


def cut_scripts(size: int) -> list[str]:
    """Return RUNS scripts with one power cut each.

    Half of the power cuts occur at a random byte on the line, and half during a flash write, possibly by MCUboot.
    """
    chance = random.Random(1)
    return [f"cut@{chance.randrange(size)}" if at % 2 else f"write-cut@{chance.randrange(240)}" for at in range(RUNS)]


def random_script(chance: random.Random, size: int) -> str:
    """Return a script of one to four faults at random points of an update that sends about `size` bytes."""
    kinds = [
        "drop",
        "duplicate",
        "flip",
        "delay",
        "unplug",
        "cut",
        "drop-back",
        "duplicate-back",
        "flip-back",
        "nack",
        "erase-cut",
        "write-cut",
    ]
    faults = []
    for kind in chance.choices(kinds, k=chance.randint(1, 4)):
        span = {"nack": 60, "erase-cut": 30, "write-cut": 400}.get(kind, size // 10 if kind.endswith("back") else size)
        amount = {
            "drop": f":{chance.choice((1, 1, 2, 40))}",
            "flip": f":{chance.randrange(8)}",
            "flip-back": f":{chance.randrange(8)}",
            "delay": ":20",
            "unplug": f":{chance.choice((5, 5, 400))}",
        }.get(kind, "")
        faults.append(f"{kind}@{chance.randrange(span)}{amount}")
    return " ".join(faults)


def survive(update: Update, tmp_path: Path, scripts: list[str], bricks: bool = False) -> Counter:
    """Run all scripts and return the number of runs with each outcome.

    Asserts that no run falsely reports success and, unless `bricks` is set, that an image always boots.
    """
    file = tmp_path / "new.bin"
    file.write_bytes(update.new)
    seen = Counter()
    for number, script in enumerate(scripts):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert state_folder().is_relative_to(tmp_path), "the fixture `home` is missing"
        shutil.rmtree(
            state_folder(), ignore_errors=True
        )  # every run simulates a new chip, and all chips have the same serial number
        happy, boots = _run(update, folder, script, file)
        assert boots == "new" or not happy, script
        assert boots != "none" or bricks, script
        seen["verified" if happy else f"error, {boots} boots"] += 1
        shutil.rmtree(folder)
    print(dict(seen))
    return seen


def _run(update: Update, folder: Path, script: str, file: Path) -> tuple[bool, str]:
    """Run one update with these faults. Return whether `flash` succeeded, and which image boots afterwards.

    If `flash` failed, later attempts must succeed once all faults have occurred.
    """
    faults = Faults()
    watch = update.watch(folder, faults)
    faults.__init__(parse(script))
    try:
        with SimulatedDevice(watch, faults) as device:
            errors = [_attempt(update, device, file)]
            first = not errors[0], booted(update, watch, folder)
            while errors[-1]:
                if device.failure:
                    raise device.failure
                assert len(errors) < script.count("@") + 3, (script, errors)
                time.sleep(0.4 if ":400" in script else 0.03)  # wait until the cable is reconnected
                errors.append(_attempt(update, device, file))
        assert booted(update, watch, folder) == "new"
        return first
    finally:
        watch.flash.close()


def _attempt(update: Update, device, file: Path) -> str:
    """Return the error message of `flash`, or "" if it succeeded."""
    try:
        update.flash(device.path, file)
        return ""
    except BoardsError as error:
        assert str(error).startswith(device.path) and "\n" not in str(error)
        return str(error)


def trained_on(data: bytes, spread: float, seed: int = 1) -> bytes:
    """Return slightly different weights, as if after further training."""
    chance = np.random.default_rng(seed)
    moved = np.frombuffer(data, np.int8) + np.rint(chance.normal(0, spread, len(data))).astype(int)
    return np.clip(moved, -127, 127).astype(np.int8).tobytes()
