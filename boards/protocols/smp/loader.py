"""Flash through MCUboot's serial recovery, into the secondary slot or, if there is none, over the running image."""

from ticktalk.boards.board import Board
from ticktalk.boards.errors import DeviceError, UnpluggedError, VerifyError
from ticktalk.boards.images.regions import Region
from ticktalk.boards.line import Line
from ticktalk.boards.ports import send
from ticktalk.boards.protocols.loader import Progress, Update
from ticktalk.boards.protocols.smp.client import Silent, SmpClient, upload_cost
from ticktalk.boards.protocols.smp.frames import GRAIN, PRIMARY, SECONDARY

PROBE = 0.5  # seconds to wait for the response to a probe
TURNAROUND = 0.002  # assumed seconds from a chunk's last byte to its response, for time estimates only


def line_seconds(size: int, board: Board) -> float:
    """Return the transmission time of `size` image bytes in seconds, at the board's highest baud rate."""
    wire, trips = upload_cost(size)
    return wire * 10 / board.bauds[0] + trips * TURNAROUND


class SmpLoader:
    """Implements loader.Loader."""

    def __init__(self, port: Line, board: Board):
        self._port, self.client = port, SmpClient(port)
        self._slot = PRIMARY if board.secondary_address is None else SECONDARY
        self._buffer = 0

    def probe(self) -> dict | None:
        """Return the boot loader's parameters, which include the size of its receive buffer."""
        send(self._port, b"\n")  # ends an incomplete line
        try:
            found = self.client.parameters(timeout=PROBE, tries=1)
        except Silent:
            return None
        self._buffer = found["buf_size"]
        return {"loader": f"MCUboot, buffer of {self._buffer} bytes"} | found

    def runs(self, update: Update) -> bool:
        """Return whether the primary slot has the image's hash, and no other image is pending."""
        images = self.client.images()
        return not any(image.get("pending") for image in images) and _held(images, 0) == update.image.hash

    def keeps(self, update: Update, region: Region, noted: bool) -> bool:
        """Return whether the primary slot has this region and the boot loader can copy it.

        A boot loader that can hash a range can also copy a range.
        """
        if self._slot == PRIMARY or region.offset == 0:
            return False  # the slot is erased, and an upload must start with bytes from the host
        if region.offset % GRAIN or region.size % GRAIN:
            return False  # the last region, which ends with the new image's hash
        return self.client.range_hash(0, region.offset, region.size) == region.sha256

    def write(self, update: Update, progress: Progress) -> None:
        """Upload the image. `update.start` applies only if the device has not been reset since then."""
        copies = [range(region.offset, region.end) for region in update.kept]
        self.client.upload(update.data, progress, self._buffer, slot=self._slot, start=update.start, copies=copies)

    def verify(self, update: Update) -> str:
        """Check the hash that the boot loader computed from flash."""
        held = _held(self.client.images(), int(self._slot == SECONDARY))
        if held != update.image.hash:
            found = (
                "no valid image" if held is None else f"hash {held.hex()[:16]}" if held else "an image without a hash"
            )
            signed = "" if held or update.image.signature else ", or it requires a signature (ticktalk keys)"
            raise VerifyError(
                f"{self._port.port}: the boot loader holds {found} after the upload, "
                f"not {update.image.hash.hex()[:16]}{signed}; flash again"
            )
        return "the boot loader verified the image's SHA-256 in flash and reports the same hash"

    def start(self, update: Update) -> None:
        """Mark the image as pending, and reset.

        A lost response to the reset is not an error, because the caller checks whether the firmware responds.
        """
        if self._slot == SECONDARY and not self.runs(update):
            self.client.confirm(update.image.hash)
        self.client.reset()

    def running(self) -> bytes | None:
        """Return the active image's hash from the image list of MCUboot, or of firmware with an SMP server."""
        send(self._port, b"\n")
        try:
            images = self.client.images(timeout=PROBE, tries=1)
        except UnpluggedError:
            raise
        except DeviceError:  # no response, or the firmware does not support this command
            return None
        active = next((image for image in images if image.get("active") is True), None)
        held = active.get("hash") if active else _held(images, 0)
        self.client.reset()
        return held or None


def _held(images: list[dict], slot: int) -> bytes | None:
    """Return the hash of the valid image in a slot: b"" if it is not reported, None if there is no image."""
    return next((image.get("hash", b"") for image in images if image.get("slot") == slot), None)
