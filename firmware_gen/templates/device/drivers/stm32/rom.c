/* Starts the boot loader in the ROM of an STM32 (AN2606) as if the chip had been reset with BOOT0 high. The chip really
   is reset before, because nothing else stops the watchdog. A note in RAM then makes the firmware start the ROM. */
#include "rom.h"
#include "board.h"
#include "clock.h"
#include "startup.h"
#include "stm32_chip.h"

#define NVIC_DISABLE ((volatile uint32_t *)0xE000E180u)
#define NVIC_CLEAR ((volatile uint32_t *)0xE000E280u)
#define VTOR REG(0xE000ED08u)
#define MPU_CTRL REG(0xE000ED94u)

enum { ROM_AT_ZERO = 1, NVIC_WORDS = 3 };

/* MCUboot, which runs in between, does not use the RAM below its stack at the end. */
static volatile uint32_t *const note = (volatile uint32_t *)ROM_NOTE;

#define KEY_1 0x7ED05157u
#define KEY_2 0x0B007A0Du

void rom_start(void)
{
    note[0] = KEY_1;
    note[1] = KEY_2;
    reset_system();
}

static void enter(void)
{
    __asm volatile("cpsid i" ::: "memory");
    for (uint32_t i = 0; i < NVIC_WORDS; i++)
        NVIC_DISABLE[i] = NVIC_CLEAR[i] = 0xFFFFFFFFu;
    clock_stop();
    MPU_CTRL = 0;
#ifdef ROM_MAP
    REG(RCC_APB2ENR) |= RCC_APB2ENR_SYSCFGEN;
    (void)REG(RCC_APB2ENR); /* the clock runs two cycles after the write */
    REG(ROM_MAP) = ROM_AT_ZERO * ROM_MAP_MODE;
    REG(RCC_APB2ENR) &= ~RCC_APB2ENR_SYSCFGEN; /* off, which is the state after a reset */
    VTOR = 0;
#else
    VTOR = ROM_ADDRESS;
#endif
    __asm volatile("dsb\n\tisb\n\t"
#if __ARM_ARCH >= 8
                   "msr msplim, %2\n\t"
#endif
                   "cpsie i\n\t"
                   "msr msp, %0\n\t"
                   "bx %1" ::"r"(REG(ROM_ADDRESS)),
                   "r"(REG(ROM_ADDRESS + 4)), "r"(0)
                   : "memory");
    __builtin_unreachable();
}

void startup_begins(void)
{
    bool noted = note[0] == KEY_1 && note[1] == KEY_2;

    note[0] = 0;
    if (noted)
        enter();
}
