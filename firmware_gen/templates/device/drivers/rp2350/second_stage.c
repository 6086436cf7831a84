/* The block that the RP2350's ROM looks for in the first 4 KiB of flash (data sheet, 5.9). The block declares an
   executable for an Arm core in secure state, and gives the address of the vector table. The ROM sets up the flash for
   execution in place, and enters the firmware through this table. */
#include <stdint.h>

extern void (*const vector_table[])(void);

enum { IMAGE_TYPE = 0x42, VECTOR_TABLE = 0x03, LAST = 0xFF, WORD = 8 }; /* an item's length is in words */
enum { EXECUTABLE = 1 << 0, SECURE = 2 << 4, RP2350 = 1 << 12, TYPE = 16 };

__attribute__((section(".second_stage"), used)) static const struct {
    uint32_t start, type, vector_item;
    void (*const *vectors)(void);
    uint32_t last, next, end;
} block = {
    .start = 0xFFFFDED3,
    .type = IMAGE_TYPE | 1 << WORD | (EXECUTABLE | SECURE | RP2350) << TYPE,
    .vector_item = VECTOR_TABLE | 2 << WORD,
    .vectors = vector_table,
    .last = LAST | 3 << WORD, /* length of the preceding items */
    .next = 0,                /* offset of the next block: there is no other block */
    .end = 0xAB123579,
};
