/* A vector table at the start of the slot, where an MCUboot header would be. The boot loader starts the firmware
   through this table. */
#include <stdint.h>

extern uint32_t stack_top[];
extern void (*const vector_table[])(void);

/* Enters the firmware. The firmware's own vector table is at 0x200, because it must be aligned. */
__attribute__((noreturn)) static void enter(void)
{
    vector_table[1]();
    __builtin_unreachable();
}

__attribute__((section(".second_stage"), used)) static void (*const first_table[2])(void) = {
    (void (*)(void))stack_top,
    enter,
};
