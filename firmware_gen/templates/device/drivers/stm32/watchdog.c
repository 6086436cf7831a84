/* Driver for the independent watchdog of an STM32 (IWDG). Only a reset stops the watchdog, and it also counts while the
   core sleeps, so TIM7 wakes the core in time. */
#include "watchdog.h"
#include "board.h"
#include "stm32_chip.h"

#define NVIC_CLEAR 0xE000E280u

enum { START = 0xCCCC, UNLOCK = 0x5555, RELOAD = 0xAAAA };
enum { DIVIDE_BY_256 = 6, TICKS_PER_SECOND = 125 }; /* of an oscillator with 32 kHz (17 to 47 kHz on the STM32F4) */
enum { TRIES = 1 << 20 };                           /* at least 60 ms; the update takes five cycles of the oscillator */
enum { PRESCALER = 0xFFFF, NAP = 1000 };            /* 0.4 s at 160 MHz, 4 s at 16 MHz */

void watchdog_start(void)
{
    REG(WATCHDOG_TIMER_CLOCK) |= WATCHDOG_TIMER_ENABLE;
    (void)REG(WATCHDOG_TIMER_CLOCK); /* the clock runs two cycles after the write */
    REG(TIM7_PSC) = PRESCALER;
    REG(TIM7_ARR) = NAP - 1;
    REG(TIM7_CR1) = TIM7_CR1_OPM | TIM7_CR1_URS;
    REG(TIM7_DIER) = TIM7_DIER_UIE;
    interrupt_enable(TIM7_IRQ);

    REG(IWDG_KR) = START;
    REG(IWDG_KR) = UNLOCK;
    REG(IWDG_PR) = DIVIDE_BY_256;
    REG(IWDG_RLR) = WATCHDOG_SECONDS * TICKS_PER_SECOND - 1;
    (void)wait_until(IWDG_SR, IWDG_SR_PVU | IWDG_SR_RVU, 0, TRIES);
    watchdog_feed();
}

void watchdog_feed(void)
{
    REG(IWDG_KR) = RELOAD;
}

void watchdog_pause(void)
{
    watchdog_feed();
    REG(TIM7_EGR) = TIM7_EGR_UG; /* restarts at 0 */
    REG(TIM7_CR1) = TIM7_CR1_OPM | TIM7_CR1_URS | TIM7_CR1_CEN;
}

/* Interrupts are off. The timer's has no handler, and is no longer pending when they are on again. */
void watchdog_resume(void)
{
    REG(TIM7_CR1) = TIM7_CR1_OPM | TIM7_CR1_URS;
    REG(TIM7_SR) = 0;
    (void)REG(TIM7_SR); /* cleared before the next write */
    REG(NVIC_CLEAR + TIM7_IRQ / 32 * 4) = 1u << (TIM7_IRQ % 32);
    watchdog_feed();
}
