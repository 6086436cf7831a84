"""How a Cortex-M core enters and leaves the handlers of interrupts and faults (Armv7-M Architecture Reference Manual,
B1.5.6 to B1.5.8; for the stack limit, the manual of Armv8-M)."""

import struct
from collections.abc import Callable

import unicorn
from unicorn import arm_const as arm

from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.guard import Guard
from ticktalk.boards.virtual.chips.nvic import HARD_FAULT, MEMORY_FAULT, USAGE_FAULT
from ticktalk.boards.virtual.chips.system_space import STACK_OVERFLOW, STACKING_DENIED, SystemSpace

SAVED = (arm.UC_ARM_REG_R0, arm.UC_ARM_REG_R1, arm.UC_ARM_REG_R2, arm.UC_ARM_REG_R3, arm.UC_ARM_REG_R12)
FRAME = 32  # bytes
THREAD_RETURN, HANDLER_RETURN = 0xFFFF_FFF9, 0xFFFF_FFF1
PADDED = 1 << 9  # in the stacked xPSR: the stack pointer was not a multiple of 8
IT_STATE = 0x0600_FC00  # in xPSR: inside an if-then block
FLOATING = 4  # in CONTROL: the FPU has been used, so the frame includes the FPU's registers
OTHER_STACK = 2  # in CONTROL
SYSTEM_EXCEPTIONS = 16  # vectors before the first interrupt's


class Exceptions:
    """Pushes and pops frames. `memories` lists (address, size, writable), `guard` knows what the MPU denies, and
    `limit` returns the lowest address of the stack."""

    def __init__(
        self,
        uc: unicorn.Uc,
        system: SystemSpace,
        memories: list[tuple[int, int, bool]],
        guard: Guard,
        limit: Callable[[], int],
    ):
        self._uc, self._system, self._nvic = uc, system, system.nvic
        self._memories, self._guard, self._limit = memories, guard, limit

    def fault(self, kind: int, status: int, address: int | None, pc: int) -> int:
        """Take a fault caused by the instruction at `pc`. Returns the handler's address. See SystemSpace.record."""
        self._system.record(status, address)
        return self.enter(self._escalated(kind, self._nvic.running), pc)

    def enter(self, number: int, pc: int) -> int:
        """Take an interrupt, or the fault whose number is negative, before the instruction at `pc`. Returns the address
        of the handler."""
        uc, nvic = self._uc, self._nvic
        if uc.reg_read(arm.UC_ARM_REG_CONTROL) & (FLOATING | OTHER_STACK):
            raise ChipError("an exception of code with FPU registers or a process stack is not modelled")
        stack = uc.reg_read(arm.UC_ARM_REG_SP)
        state = uc.reg_read(arm.UC_ARM_REG_XPSR)
        xpsr = state & ~PADDED
        if stack % 8:
            stack, xpsr = stack - 4, xpsr | PADDED
        frame = [uc.reg_read(register) for register in (*SAVED, arm.UC_ARM_REG_LR)]
        failure = self._push(stack - FRAME, struct.pack("<8I", *frame, pc, xpsr))
        if failure:
            kind, status = failure
            self._system.record(status)
            if number >= 0:  # the interrupt stays pending
                number = self._escalated(kind, min(nvic.running, nvic.priority(number)))
            # A fault's handler runs even if its frame cannot be pushed (Arm DDI 0337E, 5.12.1).
        if state & IT_STATE:
            uc.reg_write(arm.UC_ARM_REG_XPSR, state & ~IT_STATE)
        uc.reg_write(arm.UC_ARM_REG_LR, HANDLER_RETURN if nvic.active else THREAD_RETURN)
        nvic.enter(number)
        vector = self._system.vector_table + 4 * (SYSTEM_EXCEPTIONS + number)
        (handler,) = struct.unpack("<I", uc.mem_read(vector, 4))
        if not handler:
            what = f"interrupt {number}" if number >= 0 else f"exception {SYSTEM_EXCEPTIONS + number}"
            raise ChipError(f"{what} has no handler in the vector table")
        return handler

    def leave(self, target: int) -> int:
        """Return from a handler that has jumped to `target`. Returns the address of the next instruction."""
        uc, nvic = self._uc, self._nvic
        expected = HANDLER_RETURN if len(nvic.active) > 1 else THREAD_RETURN
        if not nvic.active or target | 1 != expected:
            raise ChipError(f"return from an interrupt to {target:#010x}, which does not match any active handler")
        stack = uc.reg_read(arm.UC_ARM_REG_SP)
        *frame, pc, xpsr = struct.unpack("<8I", uc.mem_read(stack, FRAME))
        for register, value in zip((*SAVED, arm.UC_ARM_REG_LR), frame):
            uc.reg_write(register, value)
        uc.reg_write(arm.UC_ARM_REG_SP, stack + (FRAME + 4 if xpsr & PADDED else FRAME))
        uc.reg_write(arm.UC_ARM_REG_XPSR, xpsr & ~PADDED)
        nvic.leave()
        return pc | 1

    def _push(self, stack: int, frame: bytes) -> tuple[int, int] | None:
        """Push a frame, and set the stack pointer. Returns the fault and its status if the frame cannot be pushed."""
        uc, limit = self._uc, self._limit()
        if stack < limit:
            uc.reg_write(arm.UC_ARM_REG_SP, limit)
            return USAGE_FAULT, STACK_OVERFLOW
        uc.reg_write(arm.UC_ARM_REG_SP, stack)
        if self._guard.denies(stack, FRAME, write=True) is not None:
            return MEMORY_FAULT, STACKING_DENIED
        if not any(
            start <= stack and stack + FRAME <= start + size for start, size, writable in self._memories if writable
        ):
            raise ChipError(f"the stack pointer is {stack:#010x}, outside RAM")
        uc.mem_write(stack, frame)
        return None

    def _escalated(self, kind: int, priority: int) -> int:
        """Return the fault that is taken while code with `priority` runs."""
        if priority <= self._nvic.priority(HARD_FAULT):
            raise ChipError(f"the core locks up: a fault in the handler of a fault (CFSR {self._system.status:#010x})")
        masked = self._uc.reg_read(arm.UC_ARM_REG_PRIMASK)
        if self._system.enables(kind) and not masked and self._nvic.priority(kind) < priority:
            return kind
        self._system.escalate()
        return HARD_FAULT
