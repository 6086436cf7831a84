"""Models of chips, which run the image that would be flashed, from the reset vector to the DMA of the amplifier.

The core is Unicorn's. Interrupt controller, peripherals and time are modelled here: registers and reset values by the
vendor's description (facts/), behaviour by the reference manual. An access that the chip's manual forbids raises a
`ChipError` that names the register and the program counter. Time is the number of executed instructions, so runs with
the same input are identical.

Unicorn's licence is the GPL, so it runs in a process of its own: `python -m ticktalk.boards.virtual.chips`. Only that
process imports core.py. The rest of the program uses only `chip_board`. docs/reference/chip-models.md lists the checks.
"""
