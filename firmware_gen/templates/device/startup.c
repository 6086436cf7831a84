/* Start-up code between the boot loader's jump and main(): vector table, stack and memory. */
#include "startup.h"
#include "board.h"
#include "uart.h"
#if HAS_CLOCK
#include "crash.h"
#endif
#if HAS_SOUND
#include "audio.h"
#endif

#include <stddef.h>
#include <stdint.h>

extern uint32_t stack_bottom[], stack_top[], data_start[], data_end[], bss_start[], bss_end[];
extern uint32_t constructors_start[], constructors_end[];
extern const uint32_t data_load[];
extern void (*const vector_table[])(void);
int main(void);

enum { PAINT = 0x5AC0FFEE };

/* The address of a linker symbol as an integer, because comparing pointers to different objects is undefined in C. */
#define ADDRESS(symbol) ((uintptr_t)(symbol))
#define WORD(address) (*(volatile uint32_t *)(address))

#if HAS_CLOCK /* a real chip */
#define fault crash
#else
/* Stops the core after a fault. A debugger can read the cause from the registers at 0xE000ED28. */
static void fault(void)
{
    for (;;)
        __asm volatile("wfi");
}
#endif

/* Paints the stack, initialises memory and calls main(). Not inlined into reset(), because this code requires a valid
   stack pointer. */
__attribute__((noreturn, used)) static void start(void)
{
    const uint32_t *load = data_load;
    uintptr_t at, here;

#ifdef ROM_NOTE
    startup_begins();
#endif
    WORD(0xE000ED08u) = ADDRESS(vector_table); /* VTOR */
    __asm volatile("mov %0, sp" : "=r"(here));
    for (at = ADDRESS(stack_bottom); at < here - 64; at += 4)
        WORD(at) = PAINT;
    for (at = ADDRESS(data_start); at < ADDRESS(data_end); at += 4)
        WORD(at) = *load++;
    for (at = ADDRESS(bss_start); at < ADDRESS(bss_end); at += 4)
        WORD(at) = 0;
    for (at = ADDRESS(constructors_start); at < ADDRESS(constructors_end); at += 4)
        ((void (*)(void))WORD(at))(); /* only C++ libraries have constructors */
#if HAS_CLOCK
    crash_guard_stack();
#endif
    main();
    for (;;)
        ;
}

/* Written in assembly, because it initialises the stack pointer and the vector unit. */
__attribute__((naked, noreturn)) static void reset(void)
{
    __asm volatile("cpsid i\n\t"
#if __ARM_ARCH >= 8
                   "ldr r0, =stack_bottom\n\t" /* set first, because the old limit may be above the new stack */
                   "msr msplim, r0\n\t"
#endif
                   "ldr r0, =stack_top\n\t"
                   "msr msp, r0\n\t"
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
                   "ldr r0, =0xE000ED88\n\t" /* CPACR: coprocessors 10 and 11 */
                   "ldr r1, [r0]\n\t"
                   "orr r1, r1, #0x00F00000\n\t"
                   "str r1, [r0]\n\t"
                   "dsb\n\t"
                   "isb\n\t"
#endif
                   "cpsie i\n\t"
#if __ARM_ARCH >= 7
                   "b start\n\t"
#else
                   "bl start\n\t" /* bl has a longer range than b */
#endif
                   ".ltorg");
}

__attribute__((section(".vectors"), used)) void (*const vector_table[16 + LAST_IRQ + 1])(void) = {
    /* clang-format off */
    (void (*)(void))stack_top, reset, fault, fault, fault, fault, fault, fault,
    NULL, NULL, NULL, fault, fault, NULL, fault, fault,
    /* clang-format on */
    [16 + UART_IRQ] = uart_receive_isr,
#if HAS_SOUND
    [16 + SOUND_IRQ] = audio_isr,
#ifdef SOUND_TIMEOUT_IRQ
    [16 + SOUND_TIMEOUT_IRQ] = audio_timeout_isr,
#endif
#endif
};

uint32_t stack_used(void)
{
    uintptr_t at = ADDRESS(stack_bottom);

    while (at < ADDRESS(stack_top) && WORD(at) == PAINT)
        at += 4;
    return ADDRESS(stack_top) - at;
}

uint32_t stack_size(void)
{
    return ADDRESS(stack_top) - ADDRESS(stack_bottom);
}

__attribute__((noreturn)) void reset_system(void)
{
    uart_drain();
    __asm volatile("dsb" ::: "memory");
    WORD(0xE000ED0Cu) = 0x05FA0004u; /* AIRCR: key, SYSRESETREQ */
    for (;;)
        ;
}
