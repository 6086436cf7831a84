"""A board whose boot loader is a USB drive, simulated by a folder."""

import shutil
import struct
import threading
from pathlib import Path

from ticktalk.boards.console import frames
from ticktalk.boards.images.uf2 import read_uf2
from ticktalk.system.files import write_text

INFO = "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: {}\r\n"


def told(data: bytes) -> bytes:
    """Return the banner in an image."""
    start = data.index(b"product=")
    return data[start : data.index(b"\0", start)]


class Board(threading.Thread):
    """A board with a drive at `folder`, and with a console that is a pty_device.FarSide.

    Like the ROM, the thread reads the file that is copied to the drive, programs the flash with it and removes the
    drive.
    """

    def __init__(self, folder: Path, board_id: str = "RPI-RP2", takes: bool = True):
        super().__init__(daemon=True)
        self.folder, self.board_id, self.takes = folder, board_id, takes
        self.flash, self.stopped, self.decoder = b"", threading.Event(), frames.Decoder()
        self.pressed = 0

    def mount(self) -> None:
        """Enter the boot loader, which makes the drive appear."""
        self.folder.mkdir(exist_ok=True)
        write_text(self.folder / "INFO_UF2.TXT", INFO.format(self.board_id))

    def run(self):
        while not self.stopped.wait(0.02):
            file = next(iter(self.folder.glob("*.uf2")), None)
            # The ROM does not know the file's size, but each block states how many blocks the file has.
            if self.takes and file and file.stat().st_size >= 512:
                count = struct.unpack_from("<I", file.read_bytes(), 24)[0]
                if file.stat().st_size == count * 512:
                    self.program(file.read_bytes())
                    shutil.rmtree(self.folder)

    def program(self, file: bytes) -> None:
        """Write the contents of a UF2 file to the flash."""
        self.flash = read_uf2(file).data

    def power_on(self) -> bytes:
        return b""

    def feed(self, data: bytes) -> bytes:
        if self.folder.exists() or not self.flash:
            return b""
        answers = b""
        for kind, _ in self.decoder.feed(data):
            if kind == frames.HELLO:
                answers += frames.encode(frames.BANNER, told(self.flash))
            elif kind == frames.BOOT:
                answers += frames.encode(frames.OK)
                self.pressed += 1
                self.mount()
        return answers

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.join()
