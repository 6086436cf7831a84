"""The core of a chip: Unicorn's Cortex-M0, M4 or M33, extended with interrupts, an MPU, sleep and time.

Unicorn executes instructions. The core runs a limited number of instructions at a time. Between runs, it enters and
leaves the handlers of interrupts and faults (exceptions.py). Peripheral events also occur between runs, at the
instruction at which they are due."""

import struct
from collections.abc import Callable

import unicorn
from unicorn import arm_const as arm

from ticktalk.boards.virtual.chips.counting import Counting
from ticktalk.boards.virtual.chips.errors import ChipError
from ticktalk.boards.virtual.chips.events import Event, Events
from ticktalk.boards.virtual.chips.exceptions import IT_STATE, Exceptions
from ticktalk.boards.virtual.chips.guard import Guard
from ticktalk.boards.virtual.chips.mpu import Mpu6, Mpu7, Mpu8
from ticktalk.boards.virtual.chips.nvic import MEMORY_FAULT, USAGE_FAULT, Nvic
from ticktalk.boards.virtual.chips.peripheral import SECOND
from ticktalk.boards.virtual.chips.stack_limit import StackLimit
from ticktalk.boards.virtual.chips.system_space import BASE, DENIED, SIZE, STACK_OVERFLOW, SystemSpace

CYCLES = 1.4  # cycles per instruction of a voice on a Cortex-M4, rounded up (docs/measurements/bench.md)
LONGEST = 100_000  # maximum number of instructions per run
STEP = 1  # instructions per run while a masked interrupt is pending, to take it even between CPSIE and CPSID

RETURNING = 0xFFFF_FF00  # a jump to this address or above returns from a handler
WFI = b"\x30\xbf"
WRITES = unicorn.UC_MEM_WRITE_PROT, unicorn.UC_MEM_WRITE_UNMAPPED
LIMIT_FAULT = 19  # Unicorn's number for an instruction that moves the stack pointer below MSPLIM
M0, M33 = "cortex-m0plus", "cortex-m33"
MODELS = {  # by the board file's name of the core
    M0: (arm.UC_CPU_ARM_CORTEX_M0, Mpu6),
    "cortex-m4": (arm.UC_CPU_ARM_CORTEX_M4, Mpu7),
    M33: (arm.UC_CPU_ARM_CORTEX_M33, Mpu8),
}

Read = Callable[[int, int], int]
Write = Callable[[int, int, int], None]


class Core:
    """The core and its memories. `memories` lists (address, size, writable). `reset_system` handles SYSRESETREQ.

    `hertz` is the core's frequency, `priority_bits` the number of bits of an interrupt's priority, and `model` the
    board file's name of the core. `sleeping` is
    true from WFI until an interrupt is pending.
    """

    def __init__(
        self,
        memories: list[tuple[int, int, bool]],
        hertz: int,
        reset_system: Callable[[], None],
        priority_bits: int = 4,
        model: str = "cortex-m4",
    ):
        self._uc = uc = unicorn.Uc(unicorn.UC_ARCH_ARM, unicorn.UC_MODE_THUMB | unicorn.UC_MODE_MCLASS)
        cpu, mpu = MODELS[model]
        uc.ctl_set_cpu_model(cpu)
        for address, size, _ in memories:
            uc.mem_map(address, size)
        self._memories = memories
        self._counting = Counting(uc, next(address for address, _, writable in memories if writable))
        for address, size, writable in memories:
            uc.mem_write(address, bytes(size))
            if not writable:
                uc.mem_protect(address, size, unicorn.UC_PROT_READ | unicorn.UC_PROT_EXEC)
        self.nvic = Nvic(priority_bits)
        self._mpu_changed = self._in_hard_fault = False
        self.system = SystemSpace(self.nvic, mpu(self, self._change_mpu), reset_system, armv6=model == M0)
        self.map(BASE, SIZE, self.system.read, self.system.write)
        self._guard = Guard(uc, memories, self._deny)
        limit = StackLimit(uc).read if model == M33 else lambda: 0
        self._exceptions = Exceptions(uc, self.system, memories, self._guard, limit)
        uc.hook_add(unicorn.UC_HOOK_INTR, self._exception)
        uc.hook_add(unicorn.UC_HOOK_MEM_INVALID, self._outside)
        self._events = Events()
        self._start = 0  # virtual time at which the run started
        self._running = self.sleeping = False
        self._slept = 0  # total time
        self._alarm: tuple[int, Callable[[], None]] | None = None
        self._undone: list[tuple[int, bytes]] = []  # (address, old contents) of changes to undo after this run
        self._failure: BaseException | None = None
        self._denied: int | None = None  # address of the access that ended the run, because the MPU denies it
        self._ended = 0  # number of the exception that ended the run; 8 is the return from a handler
        self._where = ""
        self._next = 0  # address of the next instruction
        self.instructions = 0
        self.set_speed(hertz)

    def map(self, address: int, size: int, read: Read, write: Write) -> None:
        """Call `read(offset, size)` and `write(offset, size, value)` for accesses to a range of addresses."""

        def reads(uc: unicorn.Uc, offset: int, size: int, data: object) -> int:
            try:
                return read(offset, size) & 0xFFFF_FFFF
            except BaseException as error:
                self._fail(error)
                return 0
            finally:
                self._shorten()

        def writes(uc: unicorn.Uc, offset: int, size: int, value: int, data: object) -> None:
            try:
                write(offset, size, value)
            except BaseException as error:
                self._fail(error)
            finally:
                self._shorten()

        self._uc.mmio_map(address, size, reads, None, writes, None)

    def watch(self, address: int, size: int, write: Callable[[int, int, int], bool]) -> None:
        """Call `write(offset, size, value)` before each write to a range of writable memory. If the call returns False,
        the memory keeps its contents."""

        def writes(uc: unicorn.Uc, kind: int, at: int, count: int, value: int, data: object) -> None:
            old = bytes(uc.mem_read(at, count))
            try:
                stored = write(at - address, count, value & (1 << 8 * count) - 1)
            except BaseException as error:
                self._fail(error)
                stored = False
            if not stored:
                self._undone.append((at, old))
            self._shorten()

        self._uc.hook_add(unicorn.UC_HOOK_MEM_WRITE, writes, begin=address, end=address + size - 1)

    def load(self, address: int, data: bytes) -> None:
        """Write to memory, including flash. Code that has already been executed must not be changed."""
        self._uc.mem_write(address, data)

    def memory(self, address: int, size: int) -> bytes:
        """Return bytes of memory. Raises ChipError if the range is not in a memory."""
        for start, length, _ in self._memories:
            if start <= address and address + size <= start + length:
                return bytes(self._uc.mem_read(address, size))
        raise ChipError(f"{size} bytes at {address:#010x} are not in a memory")

    def jump(self, vectors: int) -> None:
        """Set the stack pointer, and jump to the entry point, both from the vector table at `vectors`."""
        stack, entry = struct.unpack("<II", self._uc.mem_read(vectors, 8))
        self.enter(stack, entry, 0xFFFF_FFFF)

    def enter(self, stack: int, entry: int, link: int) -> None:
        """Set the stack pointer and the link register, and jump to `entry`."""
        self._uc.reg_write(arm.UC_ARM_REG_MSP, stack)
        self._uc.reg_write(arm.UC_ARM_REG_SP, stack)
        self._uc.reg_write(arm.UC_ARM_REG_LR, link)
        self._go(entry)

    # The methods of peripheral.Clockwork, which the peripherals use.

    def now(self) -> int:
        """Return the time since power-on in picoseconds."""
        return self._start + (self._counting.done * self._pace if self._running else 0)

    def at(self, time: int, event: Event, background: bool = False) -> None:
        """Call `event(time)` at the time `time`. See Events."""
        self._events.add(time, event, background)

    def awake(self) -> int:
        """Return the time since power-on, excluding the time during which the core slept."""
        return self.now() - self._slept

    def set_alarm(self, awake: int, event: Callable[[], None]) -> None:
        """Call `event` as soon as the core has been awake for a total time of `awake`. There is only one alarm."""
        self._alarm = awake, event

    def line(self, irq: int, level: bool) -> None:
        """Set the level of an interrupt line."""
        self.nvic.line(irq, level)

    def stall(self, duration: int) -> None:
        """Stop the core for `duration`, while the peripherals continue."""
        self._start += duration

    def wait_for(self, time: int) -> None:
        """Skip ahead to `time` or the next event, whichever is earlier, because the core is only polling."""
        self.stall(max(0, min(time, self._events.next) - self.now()))

    def set_speed(self, hertz: int) -> None:
        """Set the core's frequency, from the next instruction on."""
        if self._running:
            self._start = self.now()
            self._start -= self._counting.done * round(SECOND * CYCLES / hertz)
        self._pace = round(SECOND * CYCLES / hertz)  # picoseconds per instruction

    @property
    def pace(self) -> int:
        """The duration of an instruction in picoseconds."""
        return self._pace

    @property
    def masked(self) -> bool:
        """Whether PRIMASK disables interrupts."""
        return bool(self._uc.reg_read(arm.UC_ARM_REG_PRIMASK))

    @property
    def next_event(self) -> int:
        """The time of the next event, or NEVER."""
        return self._events.next

    @property
    def pc(self) -> int:
        """The address of the next instruction."""
        return self._uc.reg_read(arm.UC_ARM_REG_PC)

    def run(self) -> bool:
        """Run until the next event, or for LONGEST instructions. Returns whether the core is asleep and no event is
        scheduled, in which case only external input can wake it.

        Raises any error from a peripheral, and ChipError if the core faults.
        """
        self._events.happen(self._start)
        if self._alarm and self.awake() >= self._alarm[0]:
            (_, event), self._alarm = self._alarm, None
            event()
        waiting = self.nvic.waiting()
        if waiting is not None:
            self.sleeping = False
            if not self.masked and not self._uc.reg_read(arm.UC_ARM_REG_XPSR) & IT_STATE:
                self._continue(self._exceptions.enter(waiting, self._next))
                waiting = self.nvic.waiting()
        if self.sleeping:
            if self._events.idle:
                return True
            until = max(self._start, self._events.next)
            self._slept += until - self._start
            self._start = until
            return False
        longest = STEP if waiting is not None else LONGEST
        due = self._events.next - self._start
        self._execute(max(1, min(longest, -(-due // self._pace))))
        return False

    def _execute(self, count: int) -> None:
        """Run up to `count` instructions."""
        self._ended, self._running = 0, True
        failed = None
        self._counting.limit = count
        try:
            self._uc.emu_start(self._next | 1, 0xFFFF_FFFF, count=count)
        except unicorn.UcError as error:
            failed = error
        done = self._counting.done
        self._running = False
        while self._undone:
            self._uc.mem_write(*self._undone.pop())
        if done > self._counting.limit:
            done -= 1  # do not count the instruction that Unicorn has not executed
        self._start += done * self._pace
        self.instructions += done
        self._next = self.pc
        if self._failure is not None:
            failure, self._failure = self._failure, None
            if isinstance(failure, ChipError):
                raise ChipError(f"{failure} (pc {self._where})") from None
            raise failure
        self._guard.end_run()
        if self._mpu_changed:
            self._set_guard()
        if self._denied is not None:
            address, self._denied = self._denied, None
            self._continue(self._exceptions.fault(MEMORY_FAULT, DENIED, address, self._next))
        elif self._ended == LIMIT_FAULT:
            self._continue(self._exceptions.fault(USAGE_FAULT, STACK_OVERFLOW, None, self._next))
        elif failed is not None or (self._ended and self._next < RETURNING):
            what = f"exception {self._ended}" if failed is None else str(failed)
            raise ChipError(f"the core faults: {what} at pc {self.pc:#010x}{self._where}")
        elif self._next >= RETURNING:
            self._continue(self._exceptions.leave(self._next))
        elif self._counting.done <= self._counting.limit and self._before(self._next) == WFI:
            self.sleeping = True

    def _continue(self, address: int) -> None:
        """Continue at `address` after entering or leaving a handler."""
        if self._in_hard_fault != (self.nvic.running < 0):
            self._set_guard()
        self._go(address)

    def _change_mpu(self) -> None:
        """End the run after this instruction, because hooks cannot change during a run."""
        self._mpu_changed = True

    def _set_guard(self) -> None:
        self._mpu_changed = False
        self._in_hard_fault = self.nvic.running < 0
        self._guard.set(self.system.mpu.denied(self._in_hard_fault))

    def _deny(self, address: int) -> None:
        self._denied = address

    def _before(self, address: int) -> bytes:
        return bytes(self._uc.mem_read(address - 2, 2))

    def _shorten(self) -> None:
        """End the run after this instruction if an interrupt or error is pending, or otherwise at the next event."""
        counting = self._counting
        if self._failure is not None or self._undone or self._mpu_changed or (self.nvic.enabled & self.nvic.pending):
            counting.limit = counting.done
            return
        left = -(-(self._events.next - self.now()) // self._pace)
        if counting.done + left < counting.limit:
            counting.limit = counting.done + max(0, left)

    def _fail(self, error: BaseException) -> None:
        if self._failure is None:
            self._failure = error
            self._where = f"{self.pc:#010x}"

    def _exception(self, uc: unicorn.Uc, number: int, data: object) -> None:
        self._ended = number
        uc.emu_stop()

    def _outside(self, uc: unicorn.Uc, kind: int, address: int, size: int, value: int, data: object) -> bool:
        if self._denied is not None:
            return False
        self._denied = self._guard.denies(address, size, kind in WRITES)
        if self._denied is not None:
            return False
        if kind == unicorn.UC_MEM_WRITE_PROT:
            self._fail(
                ChipError(f"write to {address:#010x}, which is in the ROM or in the flash from which the core runs")
            )
        elif address < RETURNING:
            self._fail(ChipError(f"access to {address:#010x}, which is neither memory nor a register"))
        return False

    def _go(self, address: int) -> None:
        if not address & 1:
            raise ChipError(f"jump to {address:#010x}, which is not Thumb code")
        self._next = address & ~1
        self._uc.reg_write(arm.UC_ARM_REG_PC, address)
