"""How to talk to boot loaders: one folder per protocol with the host's side, and the only list of protocols.
The simulated device's side of protocol NAME is virtual/bootloaders/NAME.py.

Reading the list loads no protocol, because board files are checked against it. `part` loads one when needed.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class SerialProtocol:
    """How one protocol differs from the next, for callers that must not know the protocols themselves.

    `loader`: the class (loader.Loader) in module `<folder of the protocol>.loader`, which also has
    `line_seconds`. `image`: the format that the boot loader takes (images/formats.py): "mcuboot", "esp-idf"
    (an application), or "bytes" as they lie in flash. `needs_chip`: whether a board file must have the table
    `chip`. `parity`: of the line, "N" or "E". `tool`: the vendor's program that speaks the protocol, "" if
    ticktalk does. `simulated`: whether `<name>_watch` in virtual/bootloaders/<name>.py makes a simulated
    device. For users: `cannot` says what the protocol cannot do and what to do instead; `unasked` says why
    nothing may be able to report what runs, and what to do.
    """

    name: str
    loader: str
    image: str = "mcuboot"
    needs_chip: bool = False
    parity: str = "N"
    tool: str = ""
    simulated: bool = True
    cannot: str = ""
    unasked: str = "the boot loader is gone; build the console into the image (docs/reference/console.md)"

    def part(self, name: str) -> Any:
        """Load the protocol's module `loader`, and return an attribute of it."""
        return getattr(import_module(f"{__name__}.{self.name}.loader"), name)


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        SerialProtocol(
            "smp",
            "SmpLoader",
            cannot="stock MCUboot cannot hash or copy a range, so every byte is sent; build the two commands of "
            "group 64 into it to send only what changed",
            unasked="MCUboot is gone; build an SMP server into the image, or have MCUboot wait for a moment when it "
            "starts (CONFIG_BOOT_SERIAL_WAIT_FOR_DFU)",
        ),
        SerialProtocol(
            "stm32",
            "Stm32Loader",
            needs_chip=True,
            parity="E",
            cannot="the ROM cannot hash or copy, so parts that the journal knows are only spot-checked; remove the "
            "journal to send every byte",
        ),
        SerialProtocol(
            "ambiq",
            "AmbiqLoader",
            cannot="the boot loader cannot read back; compare over SWD if MCUboot's own check is not enough",
        ),
        SerialProtocol(
            "esp",
            "EspLoader",
            image="esp-idf",
            needs_chip=True,
            tool="esptool",
            cannot="there is only one slot, so the first byte destroys the old image; flash again after a failure",
        ),
        SerialProtocol(
            "sftool",
            "SftoolLoader",
            image="bytes",
            tool="sftool",
            simulated=False,
            cannot="sftool cannot compare without sending, and nothing simulates the chip; try the image on an "
            "emulated board first",
        ),
    )
}
NONE = "none"  # a board that no serial protocol reaches


def image_format(protocol: str) -> str:
    """SerialProtocol.image of that protocol; MCUboot's for a board without a protocol."""
    return PROTOCOLS[protocol].image if protocol in PROTOCOLS else "mcuboot"
