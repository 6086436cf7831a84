"""A simulated watch that runs the real console's C code, compiled for the host with sanitizers.

simulated_watch.py provides the slots and their faults, and boards/virtual/mcuboot.py simulates MCUboot.
"""

import struct
import subprocess
import tempfile
from functools import cache
from pathlib import Path

from tests.support.paths import ROOT
from ticktalk.boards.board import Board
from ticktalk.boards.console import frames
from ticktalk.boards.images.mcuboot import Image
from ticktalk.boards.virtual.bootloaders.smp import smp_watch
from ticktalk.boards.virtual.faults import Faults
from ticktalk.boards.virtual.nor_flash import FlashError, Slot
from ticktalk.boards.virtual.simulated_watch import SimulatedWatch
from ticktalk.firmware_gen.chips.settings import NOTHING
from ticktalk.firmware_gen.project.render import render

HERE = Path(__file__).parent
SOURCES = ("boot_image", "console", "crc", "link", "services", "sha256", "unpack", "update")
HEADERS = (
    "application.h",
    "counter.h",
    "identity.h",
    "lines.h",
    "messages.h",
    "slots.h",
    "startup.h",
    "trace.h",
    "trace_device.h",
    "uart.h",
    "uart_ring.h",
)
TEMPLATES = ROOT / "firmware_gen" / "templates"
FLAGS = [
    "-std=c11",
    "-O1",
    "-g1",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Werror",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=all",
]
_ORDER = struct.Struct("<cII")
_FOLDER = tempfile.TemporaryDirectory(prefix="ticktalk-test-")


@cache
def program(board: Board) -> Path:
    """Build the console firmware for `board` as a host program and return its path."""
    folder = Path(tempfile.mkdtemp(dir=_FOLDER.name))  # boards with the same name may differ
    (folder / "src").mkdir(parents=True)
    for name in (*(f"{source}.{suffix}" for source in SOURCES for suffix in "ch"), *HEADERS):
        (folder / "src" / name).write_text(next(TEMPLATES.rglob(name)).read_text())
    (folder / "src" / "board.h").write_text(render("device/board.h.j2", board=board, divider=16, chip=NOTHING))
    (folder / "src" / "parts.h").write_text(render("project/parts.h.j2", text=0, chip_state=0))
    sources = [HERE / "host.c", *(folder / "src" / f"{name}.c" for name in SOURCES)]
    subprocess.run(["gcc", *FLAGS, f"-I{folder}/src", *sources, "-o", folder / "console"], check=True)
    return folder / "console"


class Firmware:
    """A run of the firmware, from power-on to a reset.

    The firmware responds to the bytes that it receives on the line and modifies `secondary`.
    """

    def __init__(self, board: Board, running: bytes, secondary: Slot, banner: str):
        self._secondary = secondary
        self._slot = tempfile.NamedTemporaryFile(prefix="ticktalk-test-")
        self._slot.write(running)
        self._slot.flush()
        self._process = subprocess.Popen(
            [program(board), self._slot.name, banner], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.ended = False
        self.first_words = self._until_it_waits()

    def feed(self, data: bytes) -> bytes:
        """Send bytes to the firmware and return its response. May raise PowerCut."""
        answers = b""
        for at in range(0, len(data), 4096):
            if not self.ended:
                self._say(struct.pack("<I", len(data[at : at + 4096])) + data[at : at + 4096])
                answers += self._until_it_waits()
        return answers

    def close(self) -> None:
        """Switch off the power."""
        self._process.kill()
        self._process.communicate()
        self._slot.close()

    def _until_it_waits(self) -> bytes:
        said = b""
        while True:
            letter, first, second = _ORDER.unpack(self._hear(_ORDER.size))
            if letter == b"I":
                return said
            if letter == b"X":
                self.ended = True
                return said
            if letter == b"O":
                said += self._hear(first)
            else:
                self._say(self._obey(letter, first, second))

    def _obey(self, letter: bytes, offset: int, size: int) -> bytes:
        data = self._hear(size) if letter == b"P" else b""
        if size > self._secondary.flash.page:
            return b"\1"  # larger than the driver's window (drivers/virtual_chip/slots.c)
        try:
            if letter == b"E":
                self._secondary.erase(offset, size)
            elif letter == b"P":
                self._secondary.program(offset, data)
            else:
                return b"\0" + self._secondary.read(offset, size)
        except FlashError:
            return b"\1"
        return b"\0"

    def _say(self, data: bytes) -> None:
        self._process.stdin.write(data)
        self._process.stdin.flush()

    def _hear(self, size: int) -> bytes:
        data = self._process.stdout.read(size)
        assert len(data) == size, f"the console exited unexpectedly: {self._process.wait()}"
        return data


class CompiledWatch(SimulatedWatch):
    """A watch that always runs the same program, but with the slot and banner of the flashed image."""

    firmware: Firmware | None = None

    def power_on(self) -> bytes:
        """Stop the running program, then switch on the power."""
        self.stop()
        return super().power_on()

    def stop(self) -> None:
        """Stop the program if it is running."""
        if self.firmware:
            self.firmware.close()
            self.firmware = None

    def feed(self, data: bytes) -> bytes:
        """Send bytes to the boot loader or the firmware, whichever is running, and return the response.

        After the firmware resets, MCUboot installs the pending image or, if there is none, waits for commands.
        """
        if self.firmware is None:
            return super().feed(data)
        answer = self.firmware.feed(data)
        if self.firmware.ended:
            self.stop()
            if self.loader.pending():
                return answer + self._boot()
            self._server = self._serve()
        return answer

    def _start(self, image: Image) -> bytes:
        banner = frames.Decoder().feed(super()._start(image))[0][1].decode()
        self.stop()
        self.firmware = Firmware(self.board, self.loader.primary.read(), self.loader.secondary, banner)
        return self.firmware.first_words


def compiled_watch(board: Board, folder: Path, faults: Faults | None = None, **options) -> CompiledWatch:
    """Return a watch with MCUboot's serial recovery and firmware that supports updates."""
    watch = smp_watch(board, folder, faults, **options)
    return CompiledWatch(watch.board, watch.flash, watch.loader, watch._serve)
