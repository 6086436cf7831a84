"""The parts of pyserial's `Serial` that this package uses."""

from types import TracebackType
from typing import Protocol


class Connection(Protocol):
    """The interface that `ports.receive` and `ports.send` require."""

    @property
    def port(self) -> str:
        """The port's path, for messages."""

    def fileno(self) -> int:
        """Return the file descriptor of the open port."""


class Line(Protocol):
    """A serial port, opened by `ports.open_port`. A new value of `baudrate` or `parity` takes effect with the next
    byte."""

    port: str  # path of the port; a change takes effect at the next `open`
    baudrate: int
    parity: str  # "N", "E" or "O"

    @property
    def is_open(self) -> bool:
        """Whether the port is open."""

    def open(self) -> None:
        """Open the port. Raises `OSError` if the port does not exist or another program is using it."""

    def close(self) -> None:
        """Close the port. `open` reopens it."""

    def fileno(self) -> int:
        """Return the file descriptor of the open port, for `select` and `os.read`."""

    def __enter__(self) -> "Line":
        """Return the port itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port."""
