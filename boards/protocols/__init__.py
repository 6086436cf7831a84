"""How a boot loader is talked to: one folder a protocol, each with the host's side; and the list of them, the only one.
The device's side of NAME, to try it on, is virtual/bootloaders/NAME.py.

Nothing is loaded for the list but what it names when it is asked for (`part`), since board files are checked by it.
"""

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class SerialProtocol:
    """What differs from one protocol to the next, for those who must not know them.

    `loader`: the class (loader.Loader) in module `<folder of the protocol>.loader`, which has `line_seconds` too.
    `image`: what a boot loader takes (images/formats.py): "mcuboot", "esp-idf" (an application), or "bytes" as
    they lie in flash. `needs_chip`: whether a board file must have the table `chip`. `parity`: of the line, "N" or "E".
    `tool`: the vendor's program that speaks it, "" where ticktalk does. `simulated`: whether there is a device to try
    it on, which `<name>_watch` in virtual/bootloaders/<name>.py makes. `cannot`: what it cannot do, and what to do
    instead; `unasked`: why nobody may say what runs afterwards, and what to do: for people.
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
        """An attribute of the protocol's module `loader`, which is loaded for it."""
        return getattr(import_module(f"{__name__}.{self.name}.loader"), name)


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        SerialProtocol(
            "smp",
            "SmpLoader",
            cannot="MCUboot as it comes cannot hash or copy a range, and is sent every byte; build the two commands "
            "of group 64 into it to send only what changed",
            unasked="MCUboot is gone; build an SMP server into the image, or let MCUboot wait for a moment at its "
            "start (CONFIG_BOOT_SERIAL_WAIT_FOR_DFU)",
        ),
        SerialProtocol(
            "stm32",
            "Stm32Loader",
            needs_chip=True,
            parity="E",
            cannot="the ROM cannot hash or copy: what the journal knows is compared in places; remove the journal to "
            "send every byte",
        ),
        SerialProtocol(
            "ambiq",
            "AmbiqLoader",
            cannot="the boot loader reads nothing back; compare over SWD if MCUboot's own check is not enough",
        ),
        SerialProtocol(
            "esp",
            "EspLoader",
            image="esp-idf",
            needs_chip=True,
            tool="esptool",
            cannot="the ROM has one slot: the old image is gone with the first byte; flash again after a failure",
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
    """SerialProtocol.image of that name; MCUboot's for a board without a protocol."""
    return PROTOCOLS[protocol].image if protocol in PROTOCOLS else "mcuboot"
