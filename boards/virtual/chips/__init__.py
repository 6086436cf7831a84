"""Models of chips, which run an unmodified firmware image from the reset vector to the DMA of the sound output.

Unicorn emulates the core. The interrupt controller, the peripherals and time are modelled here: registers and reset
values from the vendor's description (facts/), behaviour from the reference manual. An access that the chip's manual
forbids raises a `ChipError` that names the register and the program counter. Time is the number of executed
instructions, so runs with the same input are identical.

Because Unicorn's licence is the GPL, Unicorn runs in a separate process: `python -m ticktalk.boards.virtual.chips`.
Only that process imports core.py. The rest of the program uses only `chip_board`. docs/reference/chip-models.md lists
the checks.
"""
