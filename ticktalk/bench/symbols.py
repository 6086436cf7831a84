"""Functions of an ELF by name, and its instructions by address."""

import re
from dataclasses import dataclass
from pathlib import Path

from ticktalk.system import processes

# Told nothing, the disassembler takes vector instructions for those of a coprocessor.
_ARCHITECTURE = {"cortex-m55": ("-m", "armv8.1-m.main")}
_INSTRUCTION = re.compile(r"^ *([0-9a-f]+):\t(?:[0-9a-f]{4} ?){1,2} *\t(\S*)(?:\t([^;@<\n]*))?", re.M)


@dataclass(frozen=True)
class Symbol:
    """A function: its first address and the one behind it."""

    name: str
    first: int
    end: int

    @property
    def range(self) -> str:
        """As the plugin reads it."""
        return f"{self.first:x}-{self.end:x}"


@dataclass(frozen=True)
class Instruction:
    """As the disassembler writes it, without the width suffix: `ldr`, `r0, [r1, #4]`.

    The mnemonic is empty where it does not know the instruction, as with some of Armv8.1-M's shifts of 64 bits.
    """

    mnemonic: str
    operands: str


def functions(elf: Path) -> dict[str, Symbol]:
    """By name; a static function's name may be there several times, then the last one counts."""
    listing = _output(["arm-none-eabi-nm", "-S", "--defined-only", str(elf)])
    found = re.findall(r"^([0-9a-f]+) ([0-9a-f]+) [tTwW] (\S+)$", listing, re.M)
    return {
        name: Symbol(name, int(address, 16) & ~1, (int(address, 16) & ~1) + int(size, 16))
        for address, size, name in found
    }


def instructions(elf: Path, core: str) -> dict[int, Instruction]:
    """Every instruction by its address."""
    listing = _output(["arm-none-eabi-objdump", *_ARCHITECTURE.get(core, ()), "-d", "-w", str(elf)])
    return {
        int(address, 16): Instruction(re.sub(r"\.[nw]$", "", mnemonic), operands.strip())
        for address, mnemonic, operands in _INSTRUCTION.findall(listing)
    }


def _output(command: list[str]) -> str:
    return processes.run(command, text=True, check=True).stdout
