"""Boards with a modelled chip and an image in flash."""

import hashlib
import struct
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.support.branches import Branches
from ticktalk.boards.board import CATALOGUE, Board, load_board
from ticktalk.boards.console import frames
from ticktalk.boards.console.delta import encode
from ticktalk.boards.images.mcuboot import make_image, read_image
from ticktalk.boards.virtual.faults import Faults, parse
from ticktalk.boards.virtual.mcuboot import trailer
from ticktalk.boards.virtual.nor_flash import PIECE
from ticktalk.firmware_gen.project.build import binary

TWO_SLOTS = """secondary_address = 0x0808_0000
slot_size = 0x6_0000"""


def two_slots(folder: Path) -> tuple[Board, Path]:
    """Return the Feather STM32F405 with two slots that are large enough for small voices, and the path of the board
    file."""
    text = (CATALOGUE / "feather-stm32f405.toml").read_text()
    assert "slot_size = 0xE_0000" in text
    file = folder / "feather-stm32f405.toml"
    file.write_text(
        text.replace("slot_size = 0xE_0000", TWO_SLOTS) + '\n[secondary]\ndriver = "stm32"\naddress = 0x4002_3C00\n'
    )
    return load_board(file), file


def put_in_flash(folder: Path, board: Board, elf: Path, version: str = "1.0.0") -> bytes:
    """Write a flash file with the image in its slot, and return the image."""
    image = make_image(binary(elf).read_bytes(), board, version)
    folder.mkdir(parents=True, exist_ok=True)
    start = board.slot_address - board.flash.address
    flash = bytearray(b"\xff" * board.flash.size)
    flash[start : start + len(image)] = image
    (folder / "flash").write_bytes(flash)
    return image


def in_flash(folder: Path, board: Board, image: bytes) -> Path:
    """Write a flash file that starts with `image`, for a board without MCUboot, and return its folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "flash").write_bytes(image.ljust(board.flash.size, b"\xff"))
    return folder


def as_played(pcm: bytes, sound) -> bytes:
    """Return the frames of `sound` (firmware_gen/chips/settings.py): each sample repeated, or points on cubics through
    two samples with the slopes of their neighbours, in steps of 1/2048 of a sample."""
    samples = np.frombuffer(pcm, "<i2").astype(np.int64)
    if sound.step == 1:
        return np.repeat(samples, sound.parts).astype("<i2").tobytes()
    padded = np.concatenate([[0], samples, [0, 0]])
    place, phase = np.divmod(np.arange(-(-len(samples) * sound.parts // sound.step)) * sound.step, sound.parts)
    a, b, c, d = (padded[place + n] for n in range(4))
    at = 2048 * phase // sound.parts
    value = np.fix((3 * (b - c) + d - a) * at / 2048)
    value = np.fix((value + 2 * a - 5 * b + 4 * c - d) * at / 2048)
    value = b + np.fix((value + c - a) * at / 4096)
    return np.clip(value, -32768, 32767).astype("<i2").tobytes()


class Wired:
    """A board whose console is connected without a pseudo-terminal. `powered` is the model, and `banner` the first
    banner."""

    def __init__(self, board: Board, folder: Path, script: str = ""):
        from ticktalk.boards.virtual.chips.powered import Powered

        self.board, self._said = board, bytearray()
        self.powered = Powered(board, folder, self._said.extend, faults=Faults(parse(script)))
        [(_, banner)] = self.answers()
        self.banner = banner.decode()

    def ask(self, kind: int, payload: bytes = b"") -> list[tuple[int, bytes]]:
        """Send a message, and return the responses."""
        self.powered.receive(frames.encode(kind, payload))
        return self.answers()

    def answers(self) -> list[tuple[int, bytes]]:
        """Run until the core waits for the next message, and return the responses."""
        wait(self.powered)
        found = list(frames.Decoder().feed(bytes(self._said)))
        self._said.clear()
        return found


class Recorded:
    """An update over the console as a list of frames, which is sent to the chip model without a host.

    The new image differs from the old one, both built from `elf`, only in its version. `old` is the previous contents
    of the flash."""

    def __init__(self, board: Board, elf: Path, folder: Path):
        self.board = board
        old = put_in_flash(folder, board, elf, "1.0.0")
        flash = bytearray((folder / "flash").read_bytes())
        start = board.secondary_address - board.flash.address
        flash[start : start + board.slot_size] = bytes(board.slot_size)  # so that every page must be erased
        self.flash = bytes(flash)
        new = make_image(binary(elf).read_bytes(), board, "2.0.0")
        self.size = len(new)
        stream = encode(new, old)
        owned = hashlib.sha256(b"ticktalk update" + old).digest()
        begin = struct.pack("<II", len(new), zlib.crc32(stream)) + read_image(new).hash + owned
        self.frames = [
            frames.encode(frames.UPDATE_BEGIN, begin),
            *(
                frames.encode(frames.UPDATE_DATA, struct.pack("<I", at) + stream[at : at + 1000])
                for at in range(0, len(stream), 1000)
            ),
            frames.encode(frames.UPDATE_FINISH),
            frames.encode(frames.BOOT),
        ]

    @property
    def counts(self) -> dict[str, int]:
        """How often each kind of fault can occur during an update, including the time when MCUboot copies the image.

        The firmware erases the pages of the image, and the page with the trailer. MCUboot erases the pages of the
        image, and the first and the last page of the secondary slot."""
        board = self.board
        pages, words = -(-self.size // board.page_size), -(-self.size // board.word_size)
        erased = min(pages + 1, board.slot_size // board.page_size)
        programmed = words + len(trailer(board.word_size)) // board.word_size
        return {
            "cut": sum(map(len, self.frames)),
            "erase-error": erased,
            "erase-cut": erased + pages + 2,
            "program-error": programmed,
            "write-cut": programmed + -(-self.size // PIECE),
        }

    def run(self, folder: Path, scripts: Iterable[str] = ()) -> dict[str, "Outcome"]:
        """Run an update without faults (""), and with each of `scripts`, which contain one fault each."""
        folder.mkdir()
        (folder / "flash").write_bytes(self.flash)
        branches = Branches(scripts, folder / "flash")
        whole = branches.run(lambda: self._update(folder, branches))
        return {"": whole, **branches.results}

    def _update(self, folder: Path, faults: Faults) -> "Outcome":
        """Run until the host notices that the firmware has restarted."""
        from ticktalk.boards.virtual.chips.powered import Powered

        said, log = bytearray(), []
        powered = Powered(self.board, folder, said.extend, faults=faults, log=log.append)
        wait(powered)
        for frame in self.frames:
            powered.receive(frame)
            wait(powered)
            if log.count("power cut"):
                break
        if log[-1] == "the firmware starts the ROM":  # used instead of a reset after a failed update
            powered.power_on()
            wait(powered)
        decoder = frames.Decoder()
        messages = list(decoder.feed(bytes(said)))
        booted = [line.split()[1].rstrip(",") for line in log if line.startswith("booting")]
        started = sum(kind == frames.BANNER for kind, _ in messages)
        errors = [payload[1:].decode() for kind, payload in messages if kind == frames.ERROR]
        powered.flash.close()
        counts = {kind: faults.counted["" if kind == "cut" else kind] for kind in self.counts}
        return Outcome(booted, started, errors, counts)


@dataclass(frozen=True)
class Outcome:
    """The outcome: versions booted, banners sent, errors reported, and the number of events of each kind of fault."""

    booted: list[str]
    started: int
    errors: list[str]
    counts: dict[str, int]


def wait(powered) -> None:
    """Run until the core waits for input from the host."""
    while not powered.run():
        pass
