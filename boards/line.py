"""The parts of pyserial's `Serial` that this room uses."""

from types import TracebackType
from typing import Protocol


class Connection(Protocol):
    """What `ports.receive` and `ports.send` need: a name for messages, and a descriptor."""

    @property
    def port(self) -> str:
        """The path, for messages."""

    def fileno(self) -> int:
        """File descriptor of the open port."""


class Line(Protocol):
    """An open serial port (`ports.open_port`). A new `baudrate` or `parity` applies from the next byte."""

    port: str  # the path; a new one applies from the next `open`
    baudrate: int
    parity: str  # "N", "E" or "O"

    @property
    def is_open(self) -> bool:
        """Whether the port is open for reading and writing."""

    def open(self) -> None:
        """Open the port. Raises OSError if it does not exist or another program has it."""

    def close(self) -> None:
        """Close the port; `open` opens it again."""

    def fileno(self) -> int:
        """File descriptor of the open port, for `select` and `os.read`."""

    def __enter__(self) -> "Line":
        """Itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the port."""
