"""Run a UF2 file on rp2040js, an independent model of the RP2040 (chip.mjs)."""

import base64
import hashlib
import json
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.support.paths import TESTS
from tests.support.uf2_board import Board
from ticktalk.bench.machine import SocketPort
from ticktalk.boards.console.client import Console

HERE = Path(__file__).parent
DATA = TESTS / "data" / "rp2040js"
START, END = 60, 60  # seconds
QUIET = 0.3  # a response ends after this many seconds without a byte


@dataclass
class Chip:
    """A running chip. `facts` (chip.json) and `heard` (left and right samples) are set when the chip has stopped."""

    console: Console
    banner: dict[str, str]
    facts: dict = field(default_factory=dict)
    heard: np.ndarray | None = None


def unpacked(folder: Path) -> Path:
    """Check the hash of the npm package, unpack the package, and return its folder."""
    package = (DATA / "rp2040js-1.4.1.tgz").read_bytes()
    name, expected = json.loads((DATA / "facts.json").read_text())["integrity"].split("-", 1)
    assert base64.b64encode(hashlib.new(name, package).digest()).decode() == expected
    with tarfile.open(DATA / "rp2040js-1.4.1.tgz") as archive:
        archive.extractall(folder)  # not every Python 3.11 knows `filter`
    return folder / "package"


class LineToChip(Board):
    """A Pico at the far end of a serial line, for use as a pty_device.FarSide. The folder `drive` represents the drive
    of the chip's ROM."""

    def __init__(self, drive: Path, package: Path, folder: Path):
        super().__init__(drive)
        self._package, self._work, self._process, self._line = package, folder, None, None

    def program(self, file: bytes) -> None:
        """Write the file to the flash, and start the chip."""
        super().program(file)
        (self._work / "firmware.uf2").write_bytes(file)
        command = ["node", HERE / "chip.mjs", self._package, self._work / "firmware.uf2", self._work / "chip"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self._line = socket.create_connection(("127.0.0.1", int(self._process.stdout.readline())), timeout=QUIET)

    def feed(self, data: bytes) -> bytes:
        """Send bytes to the chip, and return its response. If the program ends, the chip has entered the boot
        loader."""
        answer = b""
        if self._line:
            try:
                self._line.sendall(data)
                while received := self._line.recv(4096):
                    answer += received
                self.stop()
                self.pressed += 1
                self.mount()
            except TimeoutError:
                pass
        return answer

    def stop(self) -> None:
        """Stop the chip, if it is running."""
        if self._line:
            self._line.close()
            self._process.kill()
            self._process.wait()
            self._process.stdout.close()
            self._line = None

    def __exit__(self, *_):
        super().__exit__()
        self.stop()


@contextmanager
def powered(uf2: bytes, package: Path, folder: Path, burst: int = 0) -> Iterator[Chip]:
    """Start a UF2 file on the chip, and stop the chip after the block, unless the firmware has entered the boot
    loader. The first `burst` bytes arrive all at once."""
    (folder / "firmware.uf2").write_bytes(uf2)
    process = subprocess.Popen(
        ["node", HERE / "chip.mjs", package, folder / "firmware.uf2", folder / "chip", str(burst)],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        with socket.create_connection(("127.0.0.1", int(process.stdout.readline())), timeout=START) as connection:
            console = Console(SocketPort(connection))
            chip = Chip(console, console.wait_banner(START))
            yield chip
        assert process.wait(END) == 0
    finally:
        process.kill()
        process.wait()
    chip.facts = json.loads((folder / "chip.json").read_text())
    heard = np.frombuffer((folder / "chip.pcm").read_bytes(), "<i2")
    chip.heard = heard[: len(heard) // 2 * 2].reshape(-1, 2)
