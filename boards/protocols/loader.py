"""What every protocol does for `flash`. The engine (boards/flash) knows nothing else about protocols."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ticktalk.boards.images.mcuboot import Image
from ticktalk.boards.images.regions import Region

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Update:
    """An image to send. `kept`: regions that need not be sent. `start`: bytes that an earlier try has already
    sent."""

    data: bytes
    image: Image
    regions: list[Region]
    kept: frozenset[Region] = frozenset()
    start: int = 0

    @property
    def sent(self) -> list[Region]:
        """The regions that go over the line."""
        return [region for region in self.regions if region not in self.kept]


class Client(Protocol):
    """Counters of a protocol's traffic."""

    resent: int  # requests repeated so far
    wire: int  # bytes sent so far


class Loader(Protocol):
    """A boot loader behind an open port. Errors are BoardsErrors that begin with the port."""

    client: Client  # the protocol's

    def probe(self) -> dict | None:
        """Ask once, at the port's speed. Returns what the boot loader reports about itself, or None if it
        does not answer.

        "id" is set if the protocol can tell one chip from another. Raises DeviceError for the wrong chip.
        """

    def runs(self, update: Update) -> bool:
        """Whether exactly this image is already in place."""

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """Whether these bytes need not be sent. `noted`: the journal says that the device holds them."""

    def write(self, update: Update, progress: Progress) -> None:
        """Send the image, without touching the running one if the board has a secondary slot."""

    def verify(self, update: Update) -> str:
        """Compare, and return a sentence that says how. Raises VerifyError."""

    def start(self, update: Update) -> None:
        """Have the image installed, and reset into it."""

    def running(self) -> bytes | None:
        """Return the hash of the image that runs, or that the next reset starts. None if nothing answers, or
        if the protocol cannot ask.

        Called once, after the restart and at the port's speed. Whoever answered is restarted, because a boot
        loader that waits for a moment before it starts the image keeps waiting once it was asked.
        """
