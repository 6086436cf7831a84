"""A serial line as the rest of the room sees it: whatever pyserial's `Serial` has of this."""

from types import TracebackType
from typing import Protocol


class Connection(Protocol):
    """What `ports.receive` and `ports.send` need: a name for messages, and a descriptor."""

    @property
    def port(self) -> str:
        """The path, as messages name it."""

    def fileno(self) -> int:
        """Of the open port."""


class Line(Protocol):
    """An open serial port (`ports.open_port`). Setting `baudrate` or `parity` counts from the next byte on."""

    port: str  # the path; another one counts from the next `open` on
    baudrate: int
    parity: str  # "N", "E" or "O"

    @property
    def is_open(self) -> bool:
        """Whether it may be read and written."""

    def open(self) -> None:
        """OSError when there is no such port, or it is another program's."""

    def close(self) -> None:
        """Let go of it; `open` takes it again."""

    def fileno(self) -> int:
        """Of the open port, for `select` and `os.read`."""

    def __enter__(self) -> "Line":
        """Itself."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closes it."""
