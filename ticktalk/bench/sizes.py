"""Flash and RAM of a built project by purpose, from the linker map.

Each input section has a source file and a name. Sections from src/device are the console and start-up code, which all
firmware contains. Everything else was compiled from the model or voice.
"""

import re
from collections.abc import Callable
from pathlib import Path

from ticktalk.boards.board import Board
from ticktalk.firmware_gen.errors import BuildError
from ticktalk.firmware_gen.graph.parameters import part_of

FLASH = ("code", "tables", "weights", "biases", "console")
RAM = ("arena", "lines", "buffers", "static")

_STATE = (".bss.player_voice", ".bss.model")  # the struct that the application passes to the library

_UNLOADED = (".debug", ".stab", ".comment", ".ARM.attributes", ".note")  # these "addresses" are offsets in the ELF file

# The linker puts a long name on a line of its own.
_SECTION = re.compile(r"^ (\.[\w.$]+|COMMON)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+) (\S.*)$", re.M)


def split(map_file: Path, board: Board, part: Callable[[str], str] = part_of) -> dict[str, dict[str, int]]:
    """Return sizes in bytes, without the stack.

    The result is {"flash": {code, tables, weights, biases, console}, "ram": {arena, lines, buffers, static}}. `part`
    classifies a constant by its name: weights, biases or tables. Initialised data counts both as RAM and as a table in
    flash. Gaps between sections are not counted. The library's whole struct counts as buffers.
    """
    sizes = {"flash": dict.fromkeys(FLASH, 0), "ram": dict.fromkeys(RAM, 0)}
    text = map_file.read_text(encoding="utf-8", errors="replace").partition("Linker script and memory map")[2]
    if not text:
        raise BuildError(f"{map_file}: not a linker map")
    for section, address, length, source in _SECTION.findall(text):
        if section.startswith(_UNLOADED):
            continue
        size, at = int(length, 16), int(address, 16)
        device = "/src/device/" in source
        if board.flash.address <= at < board.flash.end:
            sizes["flash"][_flash_part(section, device, part)] += size
        elif board.ram.address <= at < board.ram.end:
            sizes["ram"][_ram_part(section, device)] += size
            if section.startswith(".data"):
                sizes["flash"]["console" if device else "tables"] += size
    return sizes


def _flash_part(section: str, device: bool, part: Callable[[str], str]) -> str:
    if device or section.startswith(".vectors"):
        return "console"
    if section.startswith(".rodata"):
        return part(section.removeprefix(".rodata."))
    return "code"


def _ram_part(section: str, device: bool) -> str:
    if section.endswith("_arena"):
        return "arena"
    return "static" if device and section not in _STATE else "buffers"


def sources(map_file: Path) -> dict[str, str]:
    """Return the source file of each function that has its own section."""
    text = map_file.read_text(encoding="utf-8", errors="replace").partition("Linker script and memory map")[2]
    return {
        section.removeprefix(".text."): Path(source).name.removesuffix(".obj")
        for section, _, _, source in _SECTION.findall(text)
        if section.startswith(".text.")
    }
