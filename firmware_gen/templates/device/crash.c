#include "crash.h"
#include "link.h"
#include "messages.h"
#include "uart.h"

#include <stddef.h>

extern uint32_t stack_bottom[], stack_top[];

#define WORD(address) (*(volatile uint32_t *)(address))
#define CFSR WORD(0xE000ED28u) /* this register and the next two read as zero on Armv6-M */
#define MMFAR WORD(0xE000ED34u)
#define BFAR WORD(0xE000ED38u)
#define AIRCR WORD(0xE000ED0Cu)
#define SHCSR WORD(0xE000ED24u)
#define MPU_CTRL WORD(0xE000ED94u)
#define MPU_RBAR WORD(0xE000ED9Cu)
#define MPU_RASR WORD(0xE000EDA0u)

enum { STACKING_FAILED = 0x101010, MMFAR_VALID = 0x80, BFAR_VALID = 0x8000 }; /* in CFSR */
enum { GUARD_BYTES = 32, LR = 5, PC = 6, FRAME = 8 };

/* The handler has its own stack, because an overflow of the main stack may have caused the fault. */
__attribute__((used)) static uint32_t crash_stack[128];

/* Appends `name` and a hexadecimal number. */
static uint8_t *put_hex(uint8_t *to, const char *name, uint32_t value)
{
    while (*name)
        *to++ = (uint8_t)*name++;
    for (uint32_t shift = 32; shift != 0;) {
        shift -= 4;
        *to++ = (uint8_t)"0123456789abcdef"[value >> shift & 15];
    }
    return to;
}

/* Sends the exception's frame and the fault status. The frame is read only if the core was able to write the frame. */
__attribute__((used, noreturn)) static void report(const uint32_t *frame)
{
    static uint8_t payload[1 + 5 * (10 + 8)];
    uint8_t *to = payload;
    uintptr_t at = (uintptr_t)frame;
    uint32_t cause = CFSR;

    *to++ = FAULT_CRASH;
    to = put_hex(to, "cfsr ", cause);
    if (!(cause & STACKING_FAILED) && at % 4 == 0 && at >= (uintptr_t)stack_bottom
        && at <= (uintptr_t)stack_top - FRAME * sizeof *frame)
        to = put_hex(put_hex(to, ", pc ", frame[PC]), ", lr ", frame[LR]);
    if (cause & MMFAR_VALID)
        to = put_hex(to, ", at ", MMFAR);
    else if (cause & BFAR_VALID)
        to = put_hex(to, ", at ", BFAR);
    to = put_hex(to, ", sp ", (uint32_t)at);
    link_send(CONSOLE_ERROR, payload, (uint16_t)(to - payload));
    uart_drain();
    __asm volatile("dsb" ::: "memory");
    AIRCR = 0x05FA0004u; /* key, SYSRESETREQ */
    for (;;)
        ;
}

__attribute__((naked)) void crash(void)
{
    __asm volatile("cpsid i\n\t"
                   "mov r0, sp\n\t"
                   "ldr r1, =crash_stack + 512\n\t"
                   "mov sp, r1\n\t"
                   "ldr r1, =report\n\t"
                   "bx r1\n\t"
                   ".ltorg");
}

void crash_guard_stack(void)
{
#if __ARM_ARCH == 7
    MPU_RBAR = (uint32_t)(uintptr_t)stack_bottom | 0x10u; /* VALID, region 0 */
    /* execute never, read-only for privileged code, normal memory, 32 bytes, enabled */
    MPU_RASR = 1u << 28 | 5u << 24 | 1u << 19 | 4u << 1 | 1u;
    MPU_CTRL = 5;                            /* the default map for everything else, enabled */
    SHCSR |= 1u << 16 | 1u << 17 | 1u << 18; /* MemManage, BusFault and UsageFault have their own exceptions */
    __asm volatile("dsb\n\tisb" ::: "memory");
#elif __ARM_ARCH == 6
    /* Regions have at least 256 bytes. The guard region is therefore below the stack, and thus below the RAM, where the
       chip may have registers. */
    MPU_RBAR = ((uint32_t)(uintptr_t)stack_bottom - 256) | 0x10u; /* VALID, region 0 */
    MPU_RASR = 1u << 28 | 7u << 1 | 1u;                           /* execute never, no access, 256 bytes, enabled */
    MPU_CTRL = 5;                                                 /* the default map for everything else, enabled */
    __asm volatile("dsb\n\tisb" ::: "memory");
#endif
}
