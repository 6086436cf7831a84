"""How a boot loader is talked to: one folder a protocol, each with the host's side; and the list of them, the only one.
The device's side of NAME, to try it on, is virtual/bootloaders/NAME.py.

Nothing is loaded for the list but what it names when it is asked for (`part`), since board files are checked by it.
"""

from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class SerialProtocol:
    """What differs from one protocol to the next, for those who must not know them.

    `loader`: the class (loader.Loader) in module `<folder of the protocol>.loader`, which has `line_seconds` too.
    `image`: what a boot loader takes (images/formats.py): "mcuboot", "esp-idf" (an application), or "bytes" as
    they lie in flash. `needs_chip`: whether a board file must have the table `chip`. `parity`: of the line, "N" or "E".
    `simulated`: whether there is a device to try it on, which `<name>_watch` in virtual/bootloaders/<name>.py makes.
    """

    name: str
    loader: str
    image: str = "mcuboot"
    needs_chip: bool = False
    parity: str = "N"
    simulated: bool = True

    def part(self, name: str):
        """An attribute of the protocol's module `loader`."""
        return getattr(import_module(f"{__name__}.{self.name}.loader"), name)


PROTOCOLS = {
    protocol.name: protocol
    for protocol in (
        SerialProtocol("smp", "SmpLoader"),
        SerialProtocol("stm32", "Stm32Loader", needs_chip=True, parity="E"),
        SerialProtocol("ambiq", "AmbiqLoader"),
        SerialProtocol("esp", "EspLoader", image="esp-idf", needs_chip=True),
        SerialProtocol("sftool", "SftoolLoader", image="bytes", simulated=False),
    )
}
NONE = "none"  # a board that no serial protocol reaches


def image_format(protocol: str) -> str:
    """SerialProtocol.image of that name; MCUboot's for a board without a protocol."""
    return PROTOCOLS[protocol].image if protocol in PROTOCOLS else "mcuboot"
