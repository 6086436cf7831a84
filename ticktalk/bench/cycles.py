"""Estimated cycles from a core's published instruction timings.

Of the Cortex-M4 only: "Cortex-M4 Technical Reference Manual", r0p1, table 3-1
"Processor instruction set summary" (Arm document 100166), and the notes below it on loads and stores. Memory without wait states. Where the table gives
a range, this is what is taken:

* a taken branch refills the pipeline in P = 1 to 3 cycles: 2;
* SDIV and UDIV take 2 to 12: 12, the worst;
* a single load takes 2, and 1 if it comes right after another single load or store (they are pipelined);
* a single store takes 1, the store buffer has the other;
* IT is folded into the instruction before it: it is counted as 1, the worst.

Other cores overlap instructions in ways that no such table tells: no estimate is made for them.
"""

import re
from collections.abc import Sequence

TABLES = {"cortex-m4": "Cortex-M4 Technical Reference Manual r0p1, table 3-1; P = 2, division 12, no wait states"}
REFILL = 2
DIVISION = 12

_CONDITION = "(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|hs|lo)?"
_SINGLE_LOAD = re.compile(rf"ldr(?:b|h|sb|sh)?{_CONDITION}\Z")
_SINGLE_STORE = re.compile(rf"str(?:b|h)?{_CONDITION}\Z")
_MULTIPLE = re.compile(r"(?:ldm|stm|push|pop|ldrd|strd|vldm|vstm|vpush|vpop)")
_DIVIDE = re.compile(r"[us]div")


def cycles_of_block(block: Sequence, core: str = "cortex-m4") -> int:
    """Cycles of instructions (symbols.Instruction) that run one after the other, no branch taken."""
    if core not in TABLES:
        raise KeyError(core)
    total, pipelined = 0, False
    for each in block:
        load, store = _SINGLE_LOAD.match(each.mnemonic), _SINGLE_STORE.match(each.mnemonic)
        if load:
            total += 1 if pipelined else 2
        elif _MULTIPLE.match(each.mnemonic):
            total += 1 + _transfers(each)
        elif _DIVIDE.match(each.mnemonic):
            total += DIVISION
        else:
            total += 1
        pipelined = bool(load or store)
    return total


def _transfers(instruction) -> int:
    """Registers that a multiple or double transfer moves."""
    listed = re.search(r"\{(.*)\}", instruction.operands)
    if not listed:
        return 2
    count = 0
    for part in listed[1].split(","):
        first, _, last = part.strip().partition("-")
        count += 1 if not last else int(last[1:]) - int(first[1:]) + 1
    return count
