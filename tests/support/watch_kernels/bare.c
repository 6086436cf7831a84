/* Bare-metal Cortex-M program that writes traces to standard output through semihosting and then exits. */
#include "harness.h"

#include <string.h>

enum { SYS_OPEN = 0x01, SYS_WRITE = 0x05, SYS_EXIT = 0x18, EXIT_GOOD = 0x20026, EXIT_FAULT = 0x20024 };

extern uint32_t stack_top[], data_load[], data_start[], data_end[], bss_start[], bss_end[];

static uint32_t semihosting(uint32_t operation, const void *argument)
{
    register uint32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static uint32_t out;

static void write_out(const void *data, uint32_t bytes)
{
    const uint32_t block[3] = {out, (uint32_t)(uintptr_t)data, bytes};
    semihosting(SYS_WRITE, block);
}

void tt_trace(int32_t graph, int32_t tensor, const void *data, uint32_t bytes)
{
    const int32_t head[3] = {graph, tensor, (int32_t)bytes};
    write_out(head, sizeof head);
    write_out(data, bytes);
}

/* What -fstack-protector needs. */
uint32_t __stack_chk_guard = 0x00FF0A0DU;
void __stack_chk_fail(void);

void __stack_chk_fail(void)
{
    semihosting(SYS_EXIT, (const void *)(uintptr_t)EXIT_FAULT);
}

static void start(void)
{
    static const char standard[] = ":tt";
#if defined(__ARM_FEATURE_MVE) || defined(__ARM_FP)
    *(volatile uint32_t *)0xE000ED88U |= 0x00F00000U; /* enable the floating-point and vector unit in CPACR */
    __asm__ volatile("dsb\nisb" ::: "memory");
#endif
    const uint32_t open[3] = {(uint32_t)(uintptr_t)standard, 4, 3};
    memcpy(data_start, data_load, (uint32_t)((uintptr_t)data_end - (uintptr_t)data_start));
    memset(bss_start, 0, (uint32_t)((uintptr_t)bss_end - (uintptr_t)bss_start));
    out = semihosting(SYS_OPEN, open);
    run_cases();
    semihosting(SYS_EXIT, (const void *)(uintptr_t)EXIT_GOOD);
}

static void fault(void)
{
    semihosting(SYS_EXIT, (const void *)(uintptr_t)EXIT_FAULT);
}

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    /* clang-format off */
    stack_top, (const void *)&start, (const void *)&fault, (const void *)&fault,
    (const void *)&fault, (const void *)&fault, (const void *)&fault,
    /* clang-format on */
};
