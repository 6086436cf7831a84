"""Look up the functions of an ELF file by name and its instructions by address."""

import re
from dataclasses import dataclass
from pathlib import Path

from ticktalk.system import processes

# Without this option, the disassembler decodes vector instructions as coprocessor instructions.
_ARCHITECTURE = {"cortex-m55": ("-m", "armv8.1-m.main")}
_INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t(?:[0-9a-f]{4} ?){1,2} *\t(\S*)(?:\t([^;@<\n]*))?", re.M)


@dataclass(frozen=True)
class Symbol:
    """A function, with the address of its first byte and the address just past its last byte."""

    name: str
    first: int
    end: int

    @property
    def range(self) -> str:
        """The address range in the plugin's syntax."""
        return f"{self.first:x}-{self.end:x}"


@dataclass(frozen=True)
class Instruction:
    """A disassembled instruction without the width suffix: `ldr`, `r0, [r1, #4]`.

    The mnemonic is empty if the disassembler does not support the instruction, such as some 64-bit shifts of
    Armv8.1-M.
    """

    mnemonic: str
    operands: str


def functions(elf: Path) -> dict[str, Symbol]:
    """Return the functions, keyed by name. If several static functions have the same name, the last one is returned."""
    listing = _output(["arm-none-eabi-nm", "-S", "--defined-only", str(elf)])
    found = re.findall(r"^([0-9a-f]+) ([0-9a-f]+) [tTwW] (\S+)$", listing, re.M)
    return {
        name: Symbol(name, int(address, 16) & ~1, (int(address, 16) & ~1) + int(size, 16))
        for address, size, name in found
    }


def instructions(elf: Path, core: str) -> dict[int, Instruction]:
    """Return all instructions, keyed by address."""
    listing = _output(["arm-none-eabi-objdump", *_ARCHITECTURE.get(core, ()), "-d", "-w", str(elf)])
    return {
        int(address, 16): Instruction(re.sub(r"\.[nw]$", "", mnemonic), operands.strip())
        for address, mnemonic, operands in _INSTRUCTION.findall(listing)
    }


def _output(command: list[str]) -> str:
    return processes.run(command, text=True, check=True).stdout
