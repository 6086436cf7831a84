"""An emulated board in QEMU, with the flash contents in memory and the UART on a socket."""

import mmap
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import MissingToolError
from ticktalk.boards.virtual.boot_stub import boot_stub
from ticktalk.system import processes

PROGRAM = "qemu-system-arm"

# Virtual time advances by 128 ns per instruction and is never slowed to real time, so the counter gives exact
# instruction counts. The ratio in the board file depends on this shift.
ICOUNT = ("-icount", "shift=7,align=off,sleep=off")


def require_qemu(board: Board) -> None:
    """Raise `BoardError` if the board is not emulated, and `MissingToolError` if QEMU is not installed."""
    board.need_qemu()
    if shutil.which(PROGRAM) is None:
        raise MissingToolError(f"{PROGRAM} is not installed: apt install qemu-system-arm")


class Emulator:
    """QEMU from power-on until `close`, or until the firmware resets itself (`-no-reboot`) or crashes.

    `serial` is a socket connected to the UART; the socket buffers what the firmware sends. `chip` is a socket for
    the secondary chip on the second UART, and `window` the memory that this chip shares with the core: a page
    and a byte. If `exact` is true, instruction counts are exact. Otherwise, QEMU runs at full speed and the
    counter is meaningless. `options` are additional options for QEMU.
    """

    def __init__(self, board: Board, flash_file: Path, exact: bool = True, options: tuple[str, ...] = ()):
        require_qemu(board)
        emulation = board.need_qemu()
        self._folder = tempfile.TemporaryDirectory(prefix="ticktalk-")
        stub = Path(self._folder.name, "stub.bin")
        stub.write_bytes(boot_stub(board))
        self.serial, far = socket.socketpair()
        self.chip, far_chip = socket.socketpair()
        # Each UART byte is a separate message. If the buffer were full, the firmware would wait for a time that depends
        # on the host's load, and instruction counts would vary between runs.
        far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 22)
        ram = Path(self._folder.name, "ram")
        with open(ram, "w+b") as file:
            file.truncate(emulation.ram_size)  # the file is sparse
            self._memory = mmap.mmap(file.fileno(), board.page_size + 1)
        self.window = memoryview(self._memory)
        command = [
            PROGRAM,
            "-M",
            emulation.machine,
            "-display",
            "none",
            "-monitor",
            "none",
            "-no-reboot",
            *(ICOUNT if exact else ()),
            *options,
            "-object",
            f"memory-backend-file,id=ram,size={emulation.ram_size},mem-path={ram},share=on",
            "-machine",
            "memory-backend=ram",
            "-chardev",
            f"socket,id=uart,fd={far.fileno()}",
            "-serial",
            "chardev:uart",
            "-chardev",
            f"socket,id=chip,fd={far_chip.fileno()}",
            "-serial",
            "chardev:chip",
            "-device",
            f"loader,file={stub},addr={emulation.reset_address:#x},force-raw=on",
            "-device",
            f"loader,file={flash_file},addr={board.slot_address:#x},force-raw=on",
        ]
        self._log = open(Path(self._folder.name, "log"), "w+b")
        self._process = processes.Child(
            command,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            pass_fds=(far.fileno(), far_chip.fileno()),
            start_new_session=True,
        )
        far.close()
        far_chip.close()

    @property
    def running(self) -> bool:
        """Whether the firmware is still running."""
        return self._process.poll() is None

    def last_words(self) -> str:
        """Return QEMU's own output, such as an error about an option or a lockup, or ""."""
        if self._log.closed:
            return ""
        self._log.flush()
        return Path(self._log.name).read_text(errors="replace").strip()

    def close(self) -> None:
        """Stop QEMU. May be called more than once."""
        self._process.end()
        self.serial.close()
        self.chip.close()
        self._log.close()
        self.window.release()
        self._memory.close()
        self._folder.cleanup()
