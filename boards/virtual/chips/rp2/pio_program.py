"""The program of a PIO state machine (data sheet, 11.4), executed on three pins with an amplifier.

Only the instructions JMP, OUT and SET, and two side-set pins without delays, are modelled.
"""

from dataclasses import dataclass

ALWAYS, X_NOT_ZERO = 0, 2  # conditions of JMP
OUT_PINS, SET_X, SET_DIRECTIONS = 0, 1, 4
FRAME_CYCLES = 64


@dataclass
class Machine:
    """A state machine. `program` lists the instructions, and `wrap_top` is the number of the last one."""

    program: list[int]
    wrap_top: int
    pc: int = 0
    x: int = 0
    directions: int | None = None  # the last value that SET has written to the pin directions
    side: int = 0
    data: int = 0  # level of the data pin

    def execute(self, instruction: int) -> bool:
        """Execute an instruction that changes neither the program counter nor pins, or is JMP. Return whether it needs
        a bit for the data pin.

        Raises ValueError if the instruction is not modelled.
        """
        code, argument, value = instruction >> 13, instruction >> 5 & 7, instruction & 0x1F
        if code == 0 and argument in (ALWAYS, X_NOT_ZERO):
            if argument == ALWAYS or self.x:
                self.pc = value
            if argument == X_NOT_ZERO:
                self.x = self.x - 1 & 0xFFFF_FFFF
        elif code == 3 and argument == OUT_PINS and value == 1:
            return True
        elif code == 7 and argument == SET_X:
            self.x = value
        elif code == 7 and argument == SET_DIRECTIONS:
            self.directions = value
        else:
            raise ValueError(f"instruction {instruction:#06x} is not modelled")
        return False

    def heard(self, words: list[int]) -> list[int]:
        """Return the samples that an amplifier for the Philips format receives while the machine sends `words`, most
        significant bit first.

        The amplifier reads a bit when the bit clock rises. Word select changes one bit before the end of a sample.
        """
        bits = [word >> n & 1 for word in words for n in range(31, -1, -1)]
        samples, shifted, channel = [], 0, 0
        for _ in range(FRAME_CYCLES * len(words)):
            instruction, here = self.program[self.pc], self.pc
            if instruction >> 8 & 7:
                raise ValueError(f"instruction {instruction:#06x}: a delay is not modelled")
            self.pc = 0 if here == self.wrap_top else here + 1
            rises = instruction >> 11 & 1 and not self.side & 1
            self.side = instruction >> 11 & 3
            if self.execute(instruction) and bits:
                self.data = bits.pop(0)
            if rises:
                shifted = (shifted << 1 | self.data) & 0xFFFF
                if self.side >> 1 != channel:
                    samples.append(shifted)
                    channel = self.side >> 1
        return samples
