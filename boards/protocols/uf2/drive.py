"""The USB drive of a UF2 boot loader: find it, and copy a file to it.

The drive has the file INFO_UF2.TXT, which names the board. After the last block of a file, the boot loader restarts
the chip, and the drive disappears.
"""

import glob
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError, VerifyError
from ticktalk.boards.images.formats import uf2_of
from ticktalk.system.files import write_bytes
from ticktalk.system.home import cache_folder

INFO = "INFO_UF2.TXT"
NAME = "ticktalk.uf2"
MOUNTS = Path("/proc/self/mounts")
PLACES = ("/media/*", "/media/*/*", "/run/media/*/*", "/Volumes/*", "/mnt/*")  # where systems mount drives
RESTART = 10.0  # seconds from the last block until the drive has disappeared
POLL = 0.1  # seconds
PIECE = 1 << 15  # bytes per write


@dataclass(frozen=True)
class Drive:
    """A mounted drive. `version` and `board_id` are from the drive's INFO_UF2.TXT."""

    path: Path
    version: str
    board_id: str

    @property
    def present(self) -> bool:
        """Whether the drive is still mounted."""
        return _read_info(self.path) is not None


def read_drive(path: Path) -> Drive | None:
    """Return the drive of a UF2 boot loader that is mounted at `path`, or None."""
    if (text := _read_info(path)) is None:
        return None
    found = re.search(r"^Board-ID: *(\S+)", text, re.M)
    return Drive(path, text.splitlines()[0].strip()[:60] if text else "", found[1] if found else "unknown")


def find_drive(board: Board, path: str | None = None) -> Drive | None:
    """Return the board's drive if it is mounted, at `path` if that is given, or otherwise None.

    Raises `DeviceError` if there are several drives, or if the drive at `path` belongs to another board.
    """
    uf2 = board.need_uf2()
    wanted = uf2.board_id, *uf2.other_ids
    if path is not None:
        drive = read_drive(Path(path))
        if drive and drive.board_id not in wanted:
            raise DeviceError(
                f"{path}: this drive belongs to board {drive.board_id}, not {uf2.board_id}; choose another --board"
            )
        return drive
    drives = [drive for place in _places() if (drive := read_drive(place)) and drive.board_id in wanted]
    if len(drives) > 1:
        paths = ", ".join(str(drive.path) for drive in drives)
        raise DeviceError(f"several boards are in their boot loaders; choose one with --port: {paths}")
    return drives[0] if drives else None


def virtual_drives() -> Path:
    """Return the folder that holds the drives of virtual boards."""
    return cache_folder() / "drives"


def keep_file(data: bytes, board: Board) -> Path:
    """Write the UF2 file of the image to the user's cache, so that it can be copied by hand, and return its path."""
    file = cache_folder() / "uf2" / f"{board.name}.uf2"
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(file, uf2_of(data, board))
    except OSError as error:
        raise DeviceError(f"{file}: cannot be written: {error.strerror}") from None
    return file


def copy(file: bytes, drive: Drive, progress: Callable[[int, int], None]) -> None:
    """Copy a UF2 file to the drive. Raises `DeviceError` if the drive refuses the file.

    The boot loader may restart before the system has closed the file, so an error is ignored if the drive has
    disappeared."""
    progress(0, len(file))
    try:
        with (drive.path / NAME).open("wb") as target:
            for start in range(0, len(file), PIECE):
                target.write(file[start : start + PIECE])
                progress(min(start + PIECE, len(file)), len(file))
            target.flush()
            os.fsync(target.fileno())
    except OSError as error:
        if drive.present:
            raise DeviceError(
                f"{drive.path}: cannot write the file: {error.strerror}; reconnect the board and run the command again"
            ) from None


def wait_for_restart(drive: Drive) -> str:
    """Wait until the drive has disappeared, and return a message for the user.

    Raises `VerifyError` if the drive does not disappear.
    """
    deadline = time.monotonic() + RESTART
    while drive.present:
        if time.monotonic() > deadline:
            raise VerifyError(
                f"{drive.path}: the boot loader has not accepted the file: it is still waiting after {RESTART:g} s; "
                f"reconnect the board and run the command again"
            )
        time.sleep(POLL)
    return f"the boot loader of the {drive.board_id} accepted every block and restarted"


def _read_info(path: Path) -> str | None:
    try:
        with (path / INFO).open("rb") as file:
            return file.read(4096).decode("utf-8", "replace")
    except OSError:
        return None


def _places() -> list[Path]:
    """Return the folders at which drives may be mounted."""
    try:
        mounted = [line.split(" ")[1] for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines()]
    except OSError:  # not Linux
        mounted = []
    mounted = [re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), place) for place in mounted]
    patterns = *PLACES, f"{glob.escape(str(virtual_drives()))}/*"
    usual = [place for pattern in patterns for place in sorted(glob.glob(pattern))]
    return [Path(place) for place in dict.fromkeys((*mounted, *usual)) if not place.startswith(("/proc", "/sys"))]
