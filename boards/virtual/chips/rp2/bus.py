"""The bus, on which every register has four addresses (data sheets: RP2040, 2.1.2; RP2350, 2.1.3)."""

from ticktalk.boards.virtual.chips import bus

ALIASES = 0x3000


class AliasBus(bus.Bus):
    """See bus.Bus. Three aliases of a register change only the bits that are 1 in the written value."""

    def read(self, offset: int, size: int) -> int:
        return super().read(offset & ~ALIASES, size)

    def write(self, offset: int, size: int, value: int) -> None:
        plain = offset & ~ALIASES
        match offset & ALIASES:
            case 0x1000:
                value ^= super().read(plain, size)
            case 0x2000:
                value |= super().read(plain, size)
            case 0x3000:
                value = super().read(plain, size) & ~value
        super().write(plain, size, value)
