"""The list of boot loader protocols. The host side of each protocol is a subpackage of this package.

The device side of a protocol is simulated by virtual/bootloaders/<name>.py.

Importing this list does not import the protocols, to keep checking of board files fast. Calling `SerialProtocol.part`
imports a protocol.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class SerialProtocol:
    """The properties of a protocol, for code that works with any protocol.

    `loader` is the name of the class that implements loader.Loader. This class is in the subpackage's module `loader`,
    which also has a function `line_seconds`. `image` is the image format (images/formats.py): "mcuboot", "esp-idf" for
    an application, "bytes" for a raw binary, or "flash" for the contents of flash from its start, where the chip's
    second boot stage precedes the vector table. `needs_chip` states whether board files must have a [chip] table.
    `parity` is "N" or "E". `tool` is the vendor's program that implements the protocol, or "" if ticktalk does.
    `simulated` states whether `<name>_watch` in virtual/bootloaders/<name>.py creates a simulated device. `drive`
    states whether the boot loader appears as a USB drive, so that no serial port is required.

    `cannot` and `unasked` are shown to users. `cannot` describes a limitation of the protocol and an
    alternative. `unasked` explains why the running image may be unknown, and what to do.
    """

    name: str
    loader: str
    image: str = "mcuboot"
    needs_chip: bool = False
    parity: str = "N"
    tool: str = ""
    simulated: bool = True
    drive: bool = False
    cannot: str = ""
    unasked: str = "the boot loader has exited; include the console in the image (docs/reference/console.md)"

    def part(self, name: str) -> Any:
        """Import the protocol's module `loader`, and return one of its attributes."""
        return getattr(import_module(f"{__name__}.{self.name}.loader"), name)


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        SerialProtocol(
            "smp",
            "SmpLoader",
            cannot="stock MCUboot cannot hash or copy a range, so every byte is sent; to send only changed regions, "
            "add the two commands of group 64 to MCUboot",
            unasked="MCUboot has exited; include an SMP server in the image, or have MCUboot wait at start-up "
            "(CONFIG_BOOT_SERIAL_WAIT_FOR_DFU)",
        ),
        SerialProtocol(
            "stm32",
            "Stm32Loader",
            needs_chip=True,
            parity="E",
            cannot="the ROM cannot hash or copy, so regions listed in the journal are only spot-checked; remove the "
            "journal to send every byte",
        ),
        SerialProtocol(
            "ambiq",
            "AmbiqLoader",
            cannot="the boot loader cannot read flash; if MCUboot's check is not enough, compare the flash over SWD",
        ),
        SerialProtocol(
            "esp",
            "EspLoader",
            image="esp-idf",
            needs_chip=True,
            tool="esptool",
            cannot="there is only one slot, so an update overwrites the old image; if it fails, flash again",
        ),
        SerialProtocol(
            "sftool",
            "SftoolLoader",
            image="bytes",
            tool="sftool",
            simulated=False,
            cannot="sftool cannot compare flash without sending the image, and there is no simulated device; test on "
            "an emulated board first",
        ),
        SerialProtocol(
            "uf2",
            "Uf2Loader",
            image="flash",
            simulated=False,
            drive=True,
            cannot="the boot loader's drive cannot be read, so every byte is sent, and only the firmware's banner "
            "shows that the image is running",
        ),
    )
}
NONE = "none"  # for boards without a serial protocol


def image_format(protocol: str) -> str:
    """Return the image format of a protocol, or "mcuboot" for a board without a protocol."""
    return PROTOCOLS[protocol].image if protocol in PROTOCOLS else "mcuboot"
