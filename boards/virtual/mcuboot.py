"""What MCUboot does between a reset and the jump, in its overwrite-only mode: for simulated devices.

An image in the secondary slot that is marked as pending is checked; a good one is copied over the primary slot, page by
page, and only then forgotten, so that a power cut at any moment leaves either the old image whole or the new one whole
and still pending. A bad one is thrown away. Then the primary slot's image is checked and runs.

`BOOT_MAGIC` at the end of the slot is the mark (bootutil's image trailer). The security counter that the device has
seen is kept in a file beside its flash: an image with a smaller one is refused."""

from collections.abc import Callable
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.mcuboot import Image, check_placed, check_signature, read_image
from ticktalk.boards.virtual.nor_flash import ERASED, FlashError, Slot
from ticktalk.system.files import write_text

BOOT_MAGIC = bytes.fromhex("77c295f360d2ef7f3552500f2cb67980")


def trailer(word: int) -> bytes:
    """The last bytes of a slot whose image is pending for good: "image is fine", then the magic; whole flash words."""
    field = max(8, word)
    return b"\x01".ljust(field, bytes([ERASED])) + BOOT_MAGIC.rjust(max(16, word), bytes([ERASED]))


class BootLoader:
    """The two slots of one device. `key`: the public key (DER) that images must be signed with, None for any.

    `counter_file` keeps the security counter.
    """

    def __init__(
        self,
        board: Board,
        primary: Slot,
        secondary: Slot | None,
        key: bytes | None = None,
        counter_file: Path | None = None,
        log: Callable[[str], None] = lambda line: None,
    ):
        self.board, self.primary, self.secondary = board, primary, secondary
        self._key, self._counter_file, self._log = key, counter_file, log

    def check(self, slot: Slot, name: str) -> Image:
        """The image in `slot`, whole, for this board, signed, and no older than the security counter. Raises
        ImageError."""
        data = slot.read()
        image = read_image(data, name)
        check_placed(image, self.board, name)
        if self._key is not None:
            check_signature(image, self._key, name)
            if image.counter is None:
                raise ImageError(f"{name}: no security counter in the signed image, and this device keeps one")
        if (image.counter or 0) < self._counter():
            raise ImageError(
                f"{name}: security counter {image.counter or 0}, this device has seen {self._counter()}; "
                "older firmware is refused"
            )
        return image

    def pending(self) -> bool:
        """Whether the secondary slot is marked."""
        return self.secondary is not None and self.secondary.read(self.secondary.size - len(BOOT_MAGIC)) == BOOT_MAGIC

    def mark_pending(self) -> None:
        """Have the secondary slot's image taken over at the next boot. Raises FlashError, also without such a slot."""
        if self.secondary is None:
            raise FlashError(f"{self.board.name} has no secondary slot, so nothing can be taken over")
        end = trailer(self.secondary.flash.word)
        if not self.pending():
            self.secondary.program(self.secondary.size - len(end), end)

    def boot(self) -> Image:
        """The image that runs after this reset. Raises ImageError when there is none."""
        if self.secondary is not None and self.pending():
            self._upgrade(self.secondary)
        image = self.check(self.primary, "flash")
        if self._counter_file and (image.counter or 0) > self._counter():
            write_text(self._counter_file, f"{image.counter}\n")
        return image

    def _upgrade(self, secondary: Slot) -> None:
        page = secondary.flash.page
        try:
            image = self.check(secondary, "secondary slot")
        except ImageError as error:
            self._log(f"not taken over: {error}")
        else:
            self._log(f"taking over {image.version}, hash {image.hash.hex()[:16]}")
            step = self.primary.flash.page
            for at in range(0, image.size, step):
                self.primary.erase(at, step)
                data = secondary.read(at, min(step, image.size - at))
                data += bytes([ERASED]) * (-len(data) % self.primary.flash.word)
                self.primary.program(at, data)
        # First the mark: without a header a marked slot would be looked at again, and without the mark the rest is
        # harmless.
        secondary.erase(secondary.size - page, page)
        secondary.erase(0, page)

    def _counter(self) -> int:
        try:
            return int(self._counter_file.read_text()) if self._counter_file else 0
        except FileNotFoundError:
            return 0
        except ValueError:
            raise ImageError(
                f"{self._counter_file}: no security counter; remove the file to let any image run again"
            ) from None
