"""Start a board with a chip model (chips/) as a child process, and talk to it over its pseudo-terminal."""

import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError, MissingToolError
from ticktalk.system import processes
from ticktalk.system.installing import pip_install

# Clock drivers of the chips that have a model
MODELLED = ("nrf52", "nrf53", "rp2040", "rp2350", "stm32f4", "stm32l4", "stm32u5")
FINISHING = 20  # seconds for the child to save the audio and exit


def has_model(board: Board) -> bool:
    """Return whether there is a model of the board's chip and boot loader, which can run its firmware."""
    return board.clock is not None and board.clock.driver in MODELLED


def require_model(board: Board) -> None:
    """Raise MissingToolError if the model's package is not installed."""
    if find_spec("unicorn") is None:
        raise MissingToolError(f"the chip model of {board.name} needs unicorn: {pip_install('chips')}")


class ChipBoard:
    """A board that runs during a `with` block. `port` is the path of its serial port, and `drive` the folder that
    represents its boot loader's USB drive, or "" if the boot loader is not a drive.

    The flash contents are stored in `folder`. `board_file` is the board's file, if it is not in the catalogue. The
    audio from the sound output is written to the file `wav`, and its times to a JSON file next to it. `key` is a file
    with the public key (DER) for verifying images. With `recovery`, a board with a drive starts in its boot loader.
    `log` is called with one line per event. If the firmware breaks a rule of the chip, the board stops, and `failure`
    is the reason.
    """

    def __init__(
        self,
        board: Board,
        folder: Path,
        *,
        board_file: Path | None = None,
        wav: Path | None = None,
        key: Path | None = None,
        faults: str = "",
        crystal: bool = True,
        recovery: bool = False,
        log: Callable[[str], None] = lambda line: None,
    ):
        require_model(board)
        self.board, self.failure, self._log = board, "", log
        command = [sys.executable, "-m", "ticktalk.boards.virtual.chips", "--board", str(board_file or board.name)]
        command += ["--folder", str(folder), "--faults", faults, *([] if crystal else ["--no-crystal"])]
        command += ["--recovery"] if recovery else []
        for name, file in (("--wav", wav), ("--key", key)):
            command += [name, str(file)] if file else []
        self._child = processes.Child(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        assert self._child.stdout
        self._said = self._child.stdout
        self.port = self._said.readline().strip()
        if not self.port.startswith("/"):
            self._child.end()
            raise DeviceError(self.port.removeprefix("error: ") or "the chip model did not start")
        self.drive = self._said.readline().strip() if board.uf2 else ""
        self._thread = threading.Thread(target=self._listen, name=f"chip of {board.name}", daemon=True)
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether the board is still powered."""
        return self._child.poll() is None

    def __enter__(self) -> "ChipBoard":
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        try:
            self._child.wait(FINISHING)
        except subprocess.TimeoutExpired:
            pass
        self._child.end()
        self._thread.join()

    def _listen(self) -> None:
        for line in self._said:
            if line.startswith("error: "):
                self.failure = line.removeprefix("error: ").strip()
            self._log(line.strip())
