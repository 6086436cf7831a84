/* Resets of peripheral blocks, and connections of pins, on the RP2040 and the RP2350. The header rp2_chip.h of each
   chip has the differences. */
#ifndef RP2_BLOCKS_H
#define RP2_BLOCKS_H

#include "registers.h"
#include "rp2_chip.h"

#include <stdbool.h>
#include <stdint.h>

/* Aliases of the registers: writing to one sets or clears every bit that is 1 in the written value. */
#define REG_SET(address) REG((address) + 0x2000u)
#define REG_CLEAR(address) REG((address) + 0x3000u)

/* Releases peripheral blocks from reset. Returns false if the blocks do not become ready. */
static inline bool release(uint32_t blocks)
{
    enum { TRIES = 1 << 16 };

    REG_CLEAR(RESETS_RESET) = blocks;
    return wait_until(RESETS_RESET_DONE, blocks, blocks, TRIES);
}

/* Resets peripheral blocks, because a reset of the core alone does not reset them. Returns false if the blocks do not
   become ready. */
static inline bool restart(uint32_t blocks)
{
    REG_SET(RESETS_RESET) = blocks;
    return release(blocks);
}

/* Connects a pin to a peripheral. With `pull_up`, an input without a cable reads as idle. */
static inline void pin_connect(uint32_t pin, uint32_t function, bool pull_up)
{
    uint32_t pad = PADS_BANK0_GPIO0 + pin * (PADS_BANK0_GPIO1 - PADS_BANK0_GPIO0);

    REG_CLEAR(pad) = PADS_BANK0_GPIO0_PDE | PADS_BANK0_GPIO0_PUE;
    REG_SET(pad) = pull_up ? PADS_BANK0_GPIO0_IE | PADS_BANK0_GPIO0_PUE : PADS_BANK0_GPIO0_IE;
    REG(IO_BANK0_GPIO0_CTRL + pin * (IO_BANK0_GPIO1_CTRL - IO_BANK0_GPIO0_CTRL)) =
        function * IO_BANK0_GPIO0_CTRL_FUNCSEL;
    REG_CLEAR(pad) = PAD_ISOLATION;
}

#endif
