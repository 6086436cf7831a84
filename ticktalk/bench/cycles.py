"""Estimated cycles from published instruction timings, for memory without wait states.

Cortex-M4: "Cortex-M4 Technical Reference Manual", r0p1, table 3-1 "Processor instruction set summary" (Arm document
100166), and its notes on loads and stores. Where the table gives a range, the following values are used:

* A taken branch refills the pipeline in P = 1 to 3 cycles: 2.
* SDIV and UDIV take 2 to 12 cycles: 12, the worst case.
* A single load takes 2 cycles, or 1 immediately after another single load or store, because these are pipelined.
* A single store takes 1 cycle, because the store buffer hides the second one.
* IT can be folded into the preceding instruction, but counts as 1 cycle, the worst case.

Cortex-M33: Arm has not published such a table. The M4's table is used, as in LLVM's scheduling model. The M33 can
dual-issue some pairs of 16-bit instructions. Because the estimate ignores dual issue, it is too high.

Cortex-M55: LLVM's scheduling model (llvm/lib/Target/ARM/ARMScheduleM55.td). An instruction takes 1 cycle, or 2 if the
next instruction reads the result of a load, a multiplication, a saturation or a shifted operand. A transfer of n
registers takes n cycles. A vector instruction has two beats of 1 cycle each on its pipeline (load and store,
multiplication and floating point, or integer). The second beat overlaps with the first beat of the next instruction,
unless both use the same pipeline. A taken branch takes 1 + 2 cycles, and the end of a low-overhead loop takes 1 cycle.
Dual issue is ignored here as well.
"""

import re
from collections.abc import Sequence

from ticktalk.bench.symbols import Instruction

REFILL = 2
DIVISION = 12

_M4 = f"Cortex-M4 Technical Reference Manual r0p1, table 3-1; P = {REFILL}, division {DIVISION}, no wait states"
TABLES = {
    "cortex-m4": _M4,
    "cortex-m33": f"no table has been published for the Cortex-M33; the M4's is used: {_M4}",
    "cortex-m55": "LLVM's scheduling model of the Cortex-M55 (ARMScheduleM55.td); "
    f"a taken branch {1 + REFILL}, division {DIVISION}, no wait states",
}

_CONDITION = "(?:eq|ne|cs|cc|mi|pl|vs|vc|hi|ls|ge|lt|gt|le|hs|lo)?"
_SINGLE_LOAD = re.compile(rf"ldr(?:b|h|sb|sh)?{_CONDITION}\Z")
_SINGLE_STORE = re.compile(rf"str(?:b|h)?{_CONDITION}\Z")
_MULTIPLE = re.compile(r"(?:ldm|stm|push|pop|ldrd|strd|vldm|vstm|vpush|vpop)")
_DIVIDE = re.compile(r"[us]div")
_LOOP_END = re.compile(r"letp?\Z")
# M55: scalar instructions whose result is available one cycle later, and the pipelines of vector instructions.
_LATE = re.compile(
    r"(?:ldr|ldm|pop|mul|ml[as]|[us]mul|[us]mlal|umaal|smm|sml|smu|[us]sat|[us]bfx|q|[us]h?(?:add|sub|asx|sax)|[us]xta)"
)
_SHIFTED = re.compile(r", (?:lsl|lsr|asr|ror|rrx)\b")
_PIPELINES = (
    ("memory", re.compile(r"v(?:ldr|str|ld[24]|st[24])")),
    ("multiply", re.compile(r"v(?:q?r?d?mul|q?r?d?ml|fm|cmul|cml)")),
)
_REGISTER = re.compile(r"\b(?:r\d+|sl|fp|ip|sp|lr|pc|q\d)\b")


def cycles_of_block(block: Sequence[Instruction], core: str = "cortex-m4") -> int:
    """Return the number of cycles that consecutive instructions take if no branch is taken."""
    if core not in TABLES:
        raise KeyError(core)
    return _overlapping(block) if core == "cortex-m55" else _in_order(block)


def refill_of_block(block: Sequence[Instruction]) -> int:
    """Return the additional cycles that are needed if the last instruction of the block branches."""
    return 0 if block and _LOOP_END.match(block[-1].mnemonic) else REFILL


def _in_order(block: Sequence[Instruction]) -> int:
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


def _overlapping(block: Sequence[Instruction]) -> int:
    if not block:
        return 0
    # The end of a low-overhead loop is followed by its start, except in the last iteration.
    after = block[0] if _LOOP_END.match(block[-1].mnemonic) else None
    body = block[:-1] if after else block
    return sum(map(_alone, body, (*body[1:], after))) + (1 if after else 0)


def _alone(each: Instruction, next_one: Instruction | None) -> int:
    """Return the number of cycles until `next_one` can start. `next_one` is None if the next instruction is unknown."""
    if _DIVIDE.match(each.mnemonic):
        return DIVISION
    if _MULTIPLE.match(each.mnemonic):
        return _transfers(each)
    if next_one is None:
        return 1
    pipeline = _pipeline(each)
    if pipeline:
        return 2 if _pipeline(next_one) == pipeline else 1
    late = (_LATE.match(each.mnemonic) or _SHIFTED.search(each.operands)) and not next_one.mnemonic.startswith("v")
    result = _REGISTER.match(each.operands)
    return 2 if late and result and result[0] in _sources(next_one) else 1


def _pipeline(instruction: Instruction) -> str | None:
    """Return the pipeline of a vector instruction, which is the integer pipeline by default."""
    if not instruction.mnemonic.startswith("v"):
        return None
    return next((name for name, rule in _PIPELINES if rule.match(instruction.mnemonic)), "integer")


def _sources(instruction: Instruction) -> list[str]:
    """Return the registers that an instruction reads. Stores and comparisons also read their first operand."""
    registers = _REGISTER.findall(instruction.operands)
    return registers if re.match(r"str|cmp|cmn|tst|teq|cb|push|stm", instruction.mnemonic) else registers[1:]


def _transfers(instruction: Instruction) -> int:
    """Return the number of registers that a multiple or double transfer moves."""
    listed = re.search(r"\{(.*)\}", instruction.operands)
    if not listed:
        return 2
    count = 0
    for part in listed[1].split(","):
        first, _, last = part.strip().partition("-")
        count += 1 if not last else int(last[1:]) - int(first[1:]) + 1
    return count
