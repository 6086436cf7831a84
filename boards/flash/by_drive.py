"""Flash a board whose boot loader is a USB drive, without a serial port."""

import time

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.protocols.loader import Progress, Update
from ticktalk.boards.protocols.uf2 import drive


def flash_by_drive(update: Update, board: Board, path: str | None, progress: Progress) -> dict:
    """Copy the image to the board's drive, at `path` if given, and return the outcome, as `engine.flash` does.

    Without a console, it remains unknown whether the image runs. Raises `DeviceError` if the drive is not mounted. The
    message names the UF2 file and tells the user to copy it by hand.
    """
    kept = drive.keep_file(update.data, board)
    found = drive.find_drive(board, path)
    if found is None:
        wanted = board.need_uf2().board_id
        raise DeviceError(
            f"{path or board.name}: no drive of a {wanted} is mounted; {board.boot_entry} Then run the command again, "
            f"or copy {kept} to the drive yourself"
        )
    started = time.monotonic()
    file = kept.read_bytes()
    drive.copy(file, found, progress)
    verified = drive.wait_for_restart(found)
    seconds = time.monotonic() - started
    return {
        "route": "to the boot loader's drive",
        "sent_bytes": len(update.data),
        "wire_bytes": len(file),
        "skipped": [],
        "upload_seconds": round(seconds, 2),
        "bytes_per_second": round(len(update.data) / seconds) if seconds else 0,
        "resent": 0,
        "verified": verified,
        "banner": None,
        "proven": False,
        "running": "the running image is unknown, because no serial port was specified; connect one and specify --port",
        "port": str(found.path),
        "emulated": False,
        "before": {"loader": found.version, "from": "boot loader"},
        "pulls": 0,
        "noise": {"bytes": 0, "first": ""},
        "file": str(kept),
    }
