"""SSI, through which the core reads the flash, and the flash chip's status registers (Winbond W25Q16JV).

The second boot stage exchanges bytes with the flash, sends one quad read with a command, and switches to quad reads
without a command. Between reads of SR, all bytes belong to one transfer.
"""

from collections import deque
from collections.abc import Callable

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import Clockwork, Peripheral

READ_STATUS, READ_STATUS_2, WRITE_STATUS_2, VOLATILE = 0x05, 0x35, 0x31, 0x50
QUAD_READ, CONTINUOUS = 0xEB, 0xA0
QUAD_ENABLED = 0x02  # in status register 2
BYTES = {"SPI_FRF": 0, "DFS_32": 7, "TMOD": 0}  # in CTRLR0
QUAD = {"SPI_FRF": 2, "DFS_32": 31, "TMOD": 3}
COMMAND = {"TRANS_TYPE": 1, "ADDR_L": 8, "INST_L": 2, "WAIT_CYCLES": 4}  # in SPI_CTRLR0
NO_COMMAND = {"TRANS_TYPE": 2, "ADDR_L": 8, "INST_L": 0, "WAIT_CYCLES": 4, "XIP_CMD": CONTINUOUS}
FASTEST_DIVIDER = 2


class Ssi(Peripheral):
    """The SSI and the flash chip. The ROM leaves the SSI enabled."""

    READ_ONLY = {"SR": ("DCOL", "TXE", "RFF", "RFNE", "TFE", "TFNF", "BUSY")}

    def __init__(self, name: str, registers: dict[str, Register], core: Clockwork):
        super().__init__(name, registers, core)
        for register in ("CTRLR0", "CTRLR1", "BAUDR", "RX_SAMPLE_DLY", "SPI_CTRLR0"):
            setattr(self, f"write_{register.lower()}", self._writer(register))

    def reset(self) -> None:
        super().reset()
        self.values["SSIENR"] = 1
        self._sent: list[int] = []
        self._received: deque[int] = deque()
        self._status_2 = 0
        self._volatile = self._continuous = False

    @property
    def continuous(self) -> bool:
        """Whether the core reads the flash without commands, and the flash expects none."""
        return bool(self.values["SSIENR"]) and self._continuous and self._is("SPI_CTRLR0", NO_COMMAND)

    def write_ssienr(self, value: int) -> None:
        self.values["SSIENR"] = value
        if value and (self.values["BAUDR"] < FASTEST_DIVIDER or self.values["BAUDR"] % 2):
            raise self.error(f"BAUDR: {self.values['BAUDR']} is too fast for the flash, or odd")

    def write_dr0(self, value: int) -> None:
        if not self.values["SSIENR"]:
            raise self.error("DR0: written while the SSI is disabled")
        self._sent.append(value)
        if self._is("CTRLR0", BYTES):
            self._received.append(self._byte())
        elif not self._is("CTRLR0", QUAD) or not self._is("SPI_CTRLR0", COMMAND):
            raise self.error("DR0: written in a mode that is not modelled")
        elif len(self._sent) == 2:
            self._read_quad()

    def read_dr0(self) -> int:
        return self._received.popleft() if self._received else 0

    def read_sr(self) -> int:
        if self._sent[:1] == [VOLATILE]:
            self._volatile = True
        self._sent = []
        received = self.registers["SR"].field_mask("RFNE") if self._received else 0
        return self.registers["SR"].field_mask("TFE", "TFNF") | received

    def _is(self, register: str, values: dict[str, int]) -> bool:
        return all(self.field(register, key) == value for key, value in values.items())

    def _byte(self) -> int:
        """Send the last byte to the flash, and return the byte that the flash sends at the same time."""
        command, *rest = self._sent
        if command not in (READ_STATUS, READ_STATUS_2, WRITE_STATUS_2, VOLATILE) or len(rest) > 1:
            raise self.error(f"DR0: command {command:#x} with {len(rest)} bytes is not modelled")
        if command == WRITE_STATUS_2 and rest:
            if not self._volatile:
                raise self.error("DR0: the flash's status is written without the command that permits it")
            self._status_2, self._volatile = rest[0], False
        return self._status_2 if command == READ_STATUS_2 and rest else 0

    def _read_quad(self) -> None:
        command, address = self._sent
        if command != QUAD_READ or not self._status_2 & QUAD_ENABLED:
            raise self.error(f"DR0: the flash does not accept command {command:#x} for a quad read")
        self._continuous = address & 0xFF == CONTINUOUS

    def _writer(self, register: str) -> Callable[[int], None]:
        def write(value: int) -> None:
            if self.values["SSIENR"]:
                raise self.error(f"{register}: changed while the SSI is enabled")
            self.values[register] = value

        return write
