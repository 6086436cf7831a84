"""A stub that starts the image in its slot after a reset, as MCUboot's last stage does.

The stub consists of a two-word vector table, at the reset address, and Thumb code. The code sets VTOR to the address of
the image's vector table, loads the stack pointer from the table, and jumps to the reset handler.
"""

import struct

from ticktalk.boards.board import Board

VTOR = 0xE000_ED08  # vector table offset register of Armv7-M and Armv8-M

# ldr r0, [pc, #12]   ; first literal after the code: address of the image's vector table
# ldr r1, [pc, #16]   ; second literal: VTOR
# str r0, [r1]
# ldr r1, [r0]        ; initial stack pointer
# msr msp, r1
# ldr r0, [r0, #4]    ; reset handler
# bx  r0
_CODE = (0x4803, 0x4904, 0x6008, 0x6801, 0xF381, 0x8808, 0x6840, 0x4700)


def boot_stub(board: Board) -> bytes:
    """Return the stub for the board's reset address: 32 bytes, little-endian."""
    reset = board.need_qemu().reset_address
    head = struct.pack("<II", board.ram.end, reset + 8 | 1)
    return head + struct.pack("<8H", *_CODE) + struct.pack("<II", board.code_address, VTOR)
