"""What every protocol does for `flash`: the engine (boards/flash) knows nothing more of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ticktalk.boards.images.mcuboot import Image
from ticktalk.boards.images.regions import Region

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Update:
    """An image on its way. `kept`: regions that need not be sent; `start`: bytes that an earlier try has brought."""

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
    """What is counted of a protocol's traffic."""

    resent: int  # requests repeated so far
    wire: int  # bytes sent so far


class Loader(Protocol):
    """A boot loader behind an open port. Errors are BoardsErrors that begin with the port."""

    client: Client  # of the protocol

    def probe(self) -> dict | None:
        """Ask once, at the port's speed; what the boot loader tells of itself, None when there is no answer.

        "id" is set where the protocol tells one chip from another. Raises DeviceError for the wrong chip.
        """

    def runs(self, update: Update) -> bool:
        """Whether exactly this image is in place already."""

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """Whether the device can do without these bytes being sent; `noted`: the journal says that it holds them."""

    def write(self, update: Update, progress: Progress) -> None:
        """Bring the image over, without touching the one that runs if the board has a secondary slot."""

    def verify(self, update: Update) -> str:
        """Compare; a sentence that says how. Raises VerifyError."""

    def start(self, update: Update) -> None:
        """Have the image taken over, and reset into it."""

    def running(self) -> bytes | None:
        """Asked once, after the restart and at the port's speed: the hash of the image that runs, or that the next
        reset starts; None where nobody answers, or the protocol has no such question. Whoever answered is started
        anew: a boot loader that waits for a moment before it starts the image waits on once it was asked."""
