"""Flash through a UF2 boot loader's drive, while the serial port is connected to the firmware's console."""

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError
from ticktalk.boards.images.formats import uf2_of
from ticktalk.boards.images.regions import Region
from ticktalk.boards.line import Line
from ticktalk.boards.protocols.loader import Progress, Update
from ticktalk.boards.protocols.uf2 import drive

BYTES_PER_SECOND = 60_000  # speed at which the boot loader erases and programs flash while it receives the blocks


def line_seconds(size: int, board: Board) -> float:
    """Return the estimated seconds for copying an image of `size` bytes. Flash, not USB, limits the speed."""
    return size / BYTES_PER_SECOND


class Uf2Client:
    """The traffic counters."""

    def __init__(self) -> None:
        self.resent = 0  # always 0, because USB resends by itself
        self.wire = 0  # bytes of the UF2 file


class Uf2Loader:
    """Implements loader.Loader. The port appears only in messages."""

    def __init__(self, port: Line, board: Board):
        self._port, self._board, self.client = port, board, Uf2Client()
        self._drive: drive.Drive | None = None

    def probe(self) -> dict | None:
        """Return the name of the boot loader if its drive is mounted, otherwise None."""
        self._drive = drive.find_drive(self._board)
        return {"loader": f"{self._drive.version}, drive {self._drive.path}"} if self._drive else None

    def runs(self, update: Update) -> bool:
        """Return False, because the boot loader cannot report which image is in flash."""
        return False

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """Return False, because the drive cannot be read."""
        return False

    def write(self, update: Update, progress: Progress) -> None:
        """Copy the whole image to the drive."""
        file = uf2_of(update.data, self._board)
        drive.copy(
            file, self._mounted(), lambda done, total: progress(done * len(update.data) // total, len(update.data))
        )
        self.client.wire += len(file)

    def verify(self, update: Update) -> str:
        """Wait for the restart. Raises `VerifyError` if the boot loader did not accept the file."""
        return drive.wait_for_restart(self._mounted())

    def start(self, update: Update) -> None:
        """Do nothing, because the boot loader has already started the firmware."""

    def running(self) -> bytes | None:
        """Return None, because the boot loader has exited."""
        return None

    def _mounted(self) -> drive.Drive:
        if self._drive is None:
            raise DeviceError(f"{self._port.port}: the boot loader's drive is not mounted; {self._board.boot_entry}")
        return self._drive
