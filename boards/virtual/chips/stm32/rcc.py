"""Reset and clock control of an STM32: clocks and resets of peripherals. Families differ in oscillators and PLLs."""

from collections.abc import Callable
from functools import partial

from ticktalk.boards.virtual.chips.facts import Register
from ticktalk.boards.virtual.chips.peripheral import SECOND, Clockwork, Peripheral


class Rcc(Peripheral):
    """`crystal_hz` is the crystal's frequency, or 0 if the crystal does not start.

    The chip adds all other peripherals to `peripherals`, by name. `latency` returns the number of wait states of the
    flash. `set_speed` sets the core's frequency. A subclass defines:

    START_HZ: the frequency after a reset.
    STARTS: the oscillators and PLLs, with their maximum start-up times in picoseconds. ALWAYS: the peripherals that
    always have a clock. WAIT_HZ: the increase in core clock frequency that requires one more flash wait state.
    RESTORED: the registers that must be in their state after a reset when the ROM starts, except for the bits
    KEPT_IN_CR of CR.
    PRESCALERS: the register with the prescalers. STEP_HZ: to exceed this core clock, the core must first run at half
    the new frequency for SETTLING picoseconds. WATCHDOG_FLAG: the flag in CSR that a reset by the watchdog sets.
    """

    START_HZ = 0
    STARTS: dict[str, int] = {}
    ALWAYS: tuple[str, ...] = ()
    WAIT_HZ = 0
    RESTORED: tuple[str, ...] = ()
    KEPT_IN_CR = 0
    PRESCALERS = "CFGR"
    STEP_HZ = 0
    SETTLING = 10**6
    WATCHDOG_FLAG = "IWDGRSTF"

    def __init__(
        self,
        name: str,
        registers: dict[str, Register],
        core: Clockwork,
        crystal_hz: int,
        latency: Callable[[], int],
        set_speed: Callable[[int], None],
    ):
        self.peripherals: dict[str, Peripheral] = {}
        self._crystal_hz, self._latency, self._set_speed = crystal_hz, latency, set_speed
        self._enabled_at: dict[str, int] = {}
        enables = [key for key in registers if key.rstrip("12").endswith("ENR")]
        self._gates = {
            key.removesuffix("EN"): (register, bit)
            for register in enables
            for key, (bit, _) in registers[register].fields.items()
        }
        for register in enables:
            setattr(self, f"write_{register.lower()}", partial(self._enable, register))
        for register in registers:
            if register.rstrip("12").endswith("RSTR"):
                setattr(self, f"write_{register.lower()}", partial(self._reset_by, register))
        super().__init__(name, registers, core)

    def reset(self) -> None:
        super().reset()
        self._turned = dict.fromkeys(self.STARTS, 0)  # number of times that each oscillator was switched on or off
        self._enabled_at.clear()
        self._hertz = self._system = self.START_HZ
        self._switched = 0  # time at which the system clock exceeded STEP_HZ

    def check_clock(self, name: str) -> None:
        """Raise ChipError if the peripheral has no clock, or if its clock started less than two cycles ago."""
        if name in self.ALWAYS:
            return
        register, bit = self._gates[name]
        if not self.values[register] >> bit & 1:
            raise self.peripherals[name].error(f"has no clock: RCC {register} {name}EN is 0")
        since = self._enabled_at.get(name)
        if since is not None:
            if self.core.now() - since < 2 * SECOND // self.core_hz():
                raise self.peripherals[name].error("is accessed less than two cycles after its clock was enabled")
            del self._enabled_at[name]

    def core_hz(self) -> int:
        """The frequency of core and AHB in hertz."""
        # The frequency changes only when CFGR is written, because a source's settings cannot change while the source
        # feeds the core.
        return self._hertz

    def bus_hz(self, name: str) -> int:
        """The frequency, in hertz, of a peripheral's bus, or of "APB1" or "APB2"."""
        bus = name if name.startswith("APB") else self._gates[name][0][:4]
        prescaler = self.field(self.PRESCALERS, "PPRE1" if bus == "APB1" else "PPRE2")
        return self.core_hz() >> max(0, prescaler - 3)

    def timer_hz(self, name: str) -> int:
        """The frequency of a timer's clock in hertz, which is twice that of its bus if the bus has a prescaler."""
        return min(self.core_hz(), 2 * self.bus_hz(name))

    def sound_hz(self) -> float:
        """The frequency of the sound output's clock in hertz. Raises ChipError if that clock is not running."""
        raise NotImplementedError

    def wait_hz(self) -> int:
        """The increase in core clock frequency that requires one more flash wait state."""
        return self.WAIT_HZ

    def check_speed(self) -> None:
        """Raise ChipError if a clock is too fast, or the flash has too few wait states."""
        raise NotImplementedError

    def as_after_reset(self) -> list[str]:
        """Return the names of registers that differ from their state after a reset, except for bits that firmware
        cannot restore."""
        return [
            name
            for name in self.RESTORED
            if (self.values[name] ^ self.registers[name].reset) & ~(self.KEPT_IN_CR if name == "CR" else 0)
        ]

    def _check_wait_states(self) -> None:
        """Raise ChipError if the flash has too few wait states."""
        needed = (self.core_hz() - 1) // self.wait_hz()
        if self._latency() < needed:
            raise self.error(
                f"at {self.core_hz()} Hz, flash needs {needed} wait states, but FLASH ACR has {self._latency()}"
            )

    def _check_step(self, before: int) -> None:
        """Raise ChipError if the core exceeds STEP_HZ in a single step. `before` is the previous system clock."""
        if self._system <= self.STEP_HZ:
            return
        if before <= self.STEP_HZ:
            self._switched = self.core.now()
        if not self._ahb_shift() and self.core.now() - self._switched < self.SETTLING:
            raise self.error(f"{self.PRESCALERS}: {self._system} Hz must be preceded by 1 us at half that frequency")

    def _enable(self, register: str, value: int) -> None:
        added = self.changed(register, value) & value
        self.values[register] = value
        for name, (gate, bit) in self._gates.items():
            if gate == register and added >> bit & 1:
                self._enabled_at[name] = self.core.now()

    def _reset_by(self, register: str, value: int) -> None:
        self.values[register] = value
        for key, (bit, _) in self.registers[register].fields.items():
            if value >> bit & 1 and key[:-3] in self.peripherals:
                self.peripherals[key[:-3]].reset()

    def _write_oscillators(self, value: int) -> None:
        """Write CR. A source becomes ready after its start-up time. The core's source must not be switched off."""
        changed = self.changed("CR", value)
        held = self.values["CR"]
        self.values["CR"] = value
        for source, time in self.STARTS.items():
            bit = self.registers["CR"].fields[f"{source}ON"][0]
            if not changed >> bit & 1:
                continue
            if not value >> bit & 1:
                self.values["CR"] = held
                self._must_not_run(source)
                self.values["CR"] = value
                self.core.at(self.core.now() + 10**6, self._becomes(source, 0))
                continue
            if source.startswith("PLL"):
                self._check_pll(source)
            if source != "HSE" or self._crystal_hz:
                self.core.at(self.core.now() + time, self._becomes(source, 1))

    def _becomes(self, source: str, ready: int) -> Callable[[int], None]:
        self._turned[source] += 1
        turned = self._turned[source]

        def event(time: int) -> None:
            if turned == self._turned[source]:
                self.set_field("CR", f"{source}RDY", ready)

        return event

    def _must_not_run(self, source: str) -> None:
        """Raise ChipError if the core runs from `source`, or from a PLL that `source` feeds."""
        raise NotImplementedError

    def _check_pll(self, source: str) -> None:
        """Raise ChipError if a PLL cannot run with its settings."""
        raise NotImplementedError

    def _ahb_shift(self) -> int:
        code = self.field(self.PRESCALERS, "HPRE")
        return 0 if code < 8 else (1, 2, 3, 4, 6, 7, 8, 9)[code - 8]
