"""Models of chips that run the very image that would be flashed, from the reset vector to the DMA of the amplifier.

The core is Unicorn's. Interrupt controller, peripherals and time are modelled here: registers and reset values by the
vendor's description (facts/), behaviour by the reference manual. What the chip's manual forbids is a `ChipError` that
names the register and the program counter, not silence. Time is the number of executed instructions, so a run with the
same input is the same to the instruction.

Unicorn's licence is the GPL, so it runs in a process of its own: `python -m ticktalk.boards.virtual.chips`. Only that
process imports core.py, and only `chip_board` is for the rest of the program. docs/reference/chip-models.md says what
the models check, and what not.
"""
