"""A model of MCUboot in overwrite-only mode, for simulated devices.

After a reset, MCUboot checks an image in the secondary slot that is marked as pending. MCUboot copies a valid image
over the primary slot, page by page, and only then erases the secondary slot's copy. After a power cut, there is
therefore either the complete old image, or a complete new image that is still pending. MCUboot discards an invalid
image. Finally, MCUboot checks the image in the primary slot and runs it.

The marker is `BOOT_MAGIC` at the end of the slot (in bootutil's image trailer). A file next to the flash file
stores the highest security counter so far. Images with a lower counter are refused.
"""

from collections.abc import Callable
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.boards.errors import ImageError
from ticktalk.boards.images.mcuboot import Image, check_placed, check_signature, read_image
from ticktalk.boards.virtual.nor_flash import ERASED, FlashError, Slot
from ticktalk.system.files import write_text

BOOT_MAGIC = bytes.fromhex("77c295f360d2ef7f3552500f2cb67980")


def trailer(word: int) -> bytes:
    """Return the last bytes of a slot with a permanently pending image: the flag "image ok" and the magic number.

    Both are padded to whole flash words of `word` bytes.
    """
    field = max(8, word)
    return b"\x01".ljust(field, bytes([ERASED])) + BOOT_MAGIC.rjust(max(16, word), bytes([ERASED]))


class BootLoader:
    """MCUboot with the slots of one device.

    `key` is the public key (DER) for verifying images, or None to accept any image. `counter_file` stores the
    security counter.
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
        """Return the image in `slot` if it is valid for this board, signed with the key, and not older than
        the security counter.

        Raises `ImageError` otherwise.
        """
        data = slot.read()
        image = read_image(data, name)
        check_placed(image, self.board, name)
        if self._key is not None:
            check_signature(image, self._key, name)
            if image.counter is None:
                raise ImageError(f"{name}: the signed image has no security counter, but this device requires one")
        if (image.counter or 0) < self._counter():
            raise ImageError(
                f"{name}: security counter {image.counter or 0}, but this device requires at least {self._counter()}; "
                "older firmware is refused"
            )
        return image

    def pending(self) -> bool:
        """Return whether the secondary slot is marked as pending."""
        return self.secondary is not None and self.secondary.read(self.secondary.size - len(BOOT_MAGIC)) == BOOT_MAGIC

    def mark_pending(self) -> None:
        """Mark the image in the secondary slot for installation at the next boot.

        Raises `FlashError` if there is no secondary slot or it cannot be written.
        """
        if self.secondary is None:
            raise FlashError(f"{self.board.name} has no secondary slot, so nothing can be installed")
        end = trailer(self.secondary.flash.word)
        if not self.pending():
            self.secondary.program(self.secondary.size - len(end), end)

    def boot(self) -> Image:
        """Install a pending image, and return the image that runs after this reset. Raises `ImageError` if
        there is none."""
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
            self._log(f"not installed: {error}")
        else:
            self._log(f"installing {image.version}, hash {image.hash.hex()[:16]}")
            step = self.primary.flash.page
            for at in range(0, image.size, step):
                self.primary.erase(at, step)
                data = secondary.read(at, min(step, image.size - at))
                data += bytes([ERASED]) * (-len(data) % self.primary.flash.word)
                self.primary.program(at, data)
        # Erase the trailer first, so that the rest of the slot is ignored after a power cut.
        secondary.erase(secondary.size - page, page)
        secondary.erase(0, page)

    def _counter(self) -> int:
        try:
            return int(self._counter_file.read_text()) if self._counter_file else 0
        except FileNotFoundError:
            return 0
        except ValueError:
            raise ImageError(
                f"{self._counter_file}: not a security counter; remove the file to accept any image again"
            ) from None
