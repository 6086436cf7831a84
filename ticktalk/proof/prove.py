"""The complete proof on a board: export, build, compare all available witnesses, flash, compare the board."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ticktalk.boards.board import Board
from ticktalk.proof.prover import Proof, Prover

if TYPE_CHECKING:
    from ticktalk.proof.subject import AnySubject


def prove(
    subject: "AnySubject",
    board: Board,
    project: Path | None = None,
    flash_file: Path | None = None,
    log: Callable[[str], None] = lambda line: None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    port: str | None = None,
) -> Proof:
    """Compare all available implementations: oracles, C on the host (plain and sanitised), C on the board.

    `project` is the folder for the C project, and `flash_file` is the file with the emulated board's flash contents. By
    default, both are temporary. The board is flashed over its serial port, which is `port` if given, and otherwise that
    of an emulated board. `progress` is called with the progress of the upload.
    """
    from ticktalk.boards.attach import attach
    from ticktalk.boards.virtual.qemu import require_qemu
    from ticktalk.firmware import make_firmware
    from ticktalk.firmware_gen.project.build import require_tools
    from ticktalk.firmware_gen.project.report import read_report
    from ticktalk.flashing import put_on_board

    if port is None:
        require_qemu(board)
    require_tools("arm", "host")
    with tempfile.TemporaryDirectory(prefix="ticktalk-") as scratch:
        firmware = make_firmware(subject, board, project or Path(scratch, "project"), log)
        prover = Prover(subject, log)
        prover.ask_oracles()
        prover.ask_host(firmware.project)
        prover.ask_host(firmware.project, sanitize=True)
        flash_file = flash_file or Path(scratch, "flash")
        put_on_board(firmware, board, port, flash_file=flash_file, progress=progress)
        log(f"flashed {board.name} over its serial port")
        with attach(board, port, flash_file=flash_file) as serial:
            prover.ask_device(board.name, serial, firmware.project)
        return prover.measure(read_report(firmware.project))
