/* A vector table at the start of the slot, in place of an MCUboot header. The boot loader starts the firmware through it. */
#include <stdint.h>

extern uint32_t stack_top[];
extern void (*const vector_table[])(void);

/* Enters the firmware. Its vector table is 0x200 further, so that it is aligned. */
__attribute__((noreturn)) static void enter(void)
{
    vector_table[1]();
    __builtin_unreachable();
}

__attribute__((section(".second_stage"), used)) static void (*const first_table[2])(void) = {
    (void (*)(void))stack_top,
    enter,
};
