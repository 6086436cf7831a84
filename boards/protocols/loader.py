"""The interface that each protocol implements for the engine in boards/flash."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ticktalk.boards.images.mcuboot import Image
from ticktalk.boards.images.regions import Region

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Update:
    """An image to flash.

    `kept` contains the regions that need not be sent. `start` is the number of bytes that an earlier run already sent.
    """

    data: bytes
    image: Image
    regions: list[Region]
    kept: frozenset[Region] = frozenset()
    start: int = 0

    @property
    def sent(self) -> list[Region]:
        """The regions to send."""
        return [region for region in self.regions if region not in self.kept]


class Client(Protocol):
    """The traffic counters of a protocol."""

    resent: int  # requests sent again
    wire: int  # bytes sent


class Loader(Protocol):
    """A boot loader on an open port. Raises `BoardsError` with messages that start with the port."""

    client: Client

    def probe(self) -> dict | None:
        """Try once, at the port's current baud rate, to contact the boot loader.

        Returns the facts that the boot loader reports about itself, or None if it does not respond. The key "id" is
        present if the protocol can tell chips of the same type apart. Raises `DeviceError` for the wrong chip.
        """

    def runs(self, update: Update) -> bool:
        """Return whether this image is already in place."""

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """Return whether this region need not be sent. `noted` states whether the journal lists the region as
        present."""

    def write(self, update: Update, progress: Progress) -> None:
        """Send the image to the secondary slot, or to the primary slot if there is only one."""

    def verify(self, update: Update) -> str:
        """Verify the image, and return a description of the check. Raises `VerifyError` if the image differs."""

    def start(self, update: Update) -> None:
        """Mark the image for installation, and reset the device."""

    def running(self) -> bytes | None:
        """Return the hash of the image that is running or would start at the next reset.

        Returns None if there is no response, or if the protocol cannot report it. The engine calls this after the
        restart, at the port's current baud rate. This method resets the device, because a boot loader that waits at
        start-up stays active once it has received a request.
        """
