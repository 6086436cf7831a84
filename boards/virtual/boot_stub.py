"""The few instructions between a core's reset and the image in its slot, which replace the last step of
MCUboot.

The stub lies at the reset address: a vector table of two words, and Thumb code that points VTOR at the
image's vector table, loads the stack pointer from it and jumps to its reset handler.
"""

import struct

from ticktalk.boards.board import Board

VTOR = 0xE000_ED08  # Armv7-M and Armv8-M: vector table offset register

# ldr r0, [pc, #12]   ; the image's vector table: first literal after the code
# ldr r1, [pc, #16]   ; VTOR: second literal
# str r0, [r1]
# ldr r1, [r0]        ; initial stack pointer
# msr msp, r1
# ldr r0, [r0, #4]    ; reset handler
# bx  r0
_CODE = (0x4803, 0x4904, 0x6008, 0x6801, 0xF381, 0x8808, 0x6840, 0x4700)


def boot_stub(board: Board) -> bytes:
    """The stub for `board`, for its reset address. 32 bytes, little-endian."""
    reset = board.need_qemu().reset_address
    head = struct.pack("<II", board.ram.end, reset + 8 | 1)
    return head + struct.pack("<8H", *_CODE) + struct.pack("<II", board.code_address, VTOR)
