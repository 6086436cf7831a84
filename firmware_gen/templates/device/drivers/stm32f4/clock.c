/* Clocks of the STM32F405, F407, F415 and F417 (RM0090, chapters 3 and 7). The PLLs' dividers are computed by
   firmware_gen/chips/stm32f4.py. Voltage range 1, which 168 MHz requires, is selected after a reset. */
#include "clock.h"
#include "board.h"
#include "stm32f4_registers.h"

/* Maximum number of reads, which take at least 80 ms at 16 MHz. The crystal takes a few ms to start, and a PLL takes
   0.3 ms. */
enum { TRIES = 1 << 18 };
enum { SW_INTERNAL = 0, SW_PLL = 2, GPIO_PORTS = 0x1FF };

static enum clock_source source;

static bool switch_to(uint32_t sw)
{
    REG(RCC_CFGR) = (REG(RCC_CFGR) & ~(3 * RCC_CFGR_SW0)) | sw * RCC_CFGR_SW0;
    return wait_until(RCC_CFGR, 3 * RCC_CFGR_SWS0, sw * RCC_CFGR_SWS0, TRIES);
}

/* Switches to the internal oscillator and turns off all others, because the boot loader may have changed the state
   after a reset. */
static void start_internal(void)
{
    REG(RCC_CR) |= RCC_CR_HSION;
    (void)wait_until(RCC_CR, RCC_CR_HSIRDY, RCC_CR_HSIRDY, TRIES);
    (void)switch_to(SW_INTERNAL);
    REG(RCC_CR) &= ~(RCC_CR_PLLON | RCC_CR_PLLI2SON);
    (void)wait_until(RCC_CR, RCC_CR_PLLRDY | RCC_CR_PLLI2SRDY, 0, TRIES);
    REG(RCC_CFGR) &= ~(15 * RCC_CFGR_HPRE | 7 * RCC_CFGR_PPRE1 | 7 * RCC_CFGR_PPRE2);
}

static bool start_pll(bool crystal)
{
    uint32_t access = CLOCK_WAIT_STATES * FLASH_ACR_LATENCY | FLASH_ACR_PRFTEN | FLASH_ACR_ICEN | FLASH_ACR_DCEN;

    REG(RCC_PLLCFGR) = /* the reserved bits, which are not 0, keep their values */
        (REG(RCC_PLLCFGR)
         & ~(RCC_PLLCFGR_PLLSRC | 63 * RCC_PLLCFGR_PLLM0 | 511 * RCC_PLLCFGR_PLLN0 | 3 * RCC_PLLCFGR_PLLP0
             | 15 * RCC_PLLCFGR_PLLQ0))
        | (crystal ? RCC_PLLCFGR_PLLSRC | CLOCK_M_CRYSTAL * RCC_PLLCFGR_PLLM0 : CLOCK_M_INTERNAL * RCC_PLLCFGR_PLLM0)
        | CLOCK_N * RCC_PLLCFGR_PLLN0 | (CLOCK_P / 2 - 1) * RCC_PLLCFGR_PLLP0 | CLOCK_Q * RCC_PLLCFGR_PLLQ0;
    REG(RCC_CR) |= RCC_CR_PLLON;
    if (!wait_until(RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY, TRIES))
        return false;
    REG(FLASH_ACR) = access; /* wait states must be set before the core becomes faster */
    if (!wait_until(FLASH_ACR, 7 * FLASH_ACR_LATENCY, CLOCK_WAIT_STATES * FLASH_ACR_LATENCY, TRIES))
        return false;
    REG(RCC_CFGR) |= CLOCK_APB1 * RCC_CFGR_PPRE1 | CLOCK_APB2 * RCC_CFGR_PPRE2;
    return switch_to(SW_PLL);
}

void clock_start(void)
{
    bool crystal;

    start_internal();
    REG(RCC_CR) |= RCC_CR_HSEON;
    crystal = wait_until(RCC_CR, RCC_CR_HSERDY, RCC_CR_HSERDY, TRIES);
    if (!crystal)
        REG(RCC_CR) &= ~RCC_CR_HSEON;
    source = crystal ? CLOCK_CRYSTAL : CLOCK_INTERNAL;
    if (!start_pll(crystal)) {
        start_internal();
        source = CLOCK_SLOW;
    }
}

void clock_stop(void)
{
    start_internal();
    REG(RCC_CR) &= ~RCC_CR_HSEON;
    REG(FLASH_ACR) = 0;
    REG(RCC_AHB1RSTR) = REG(RCC_AHB1ENR) & (GPIO_PORTS * RCC_AHB1ENR_GPIOAEN | RCC_AHB1ENR_DMA1EN);
    REG(RCC_APB1RSTR) = REG(RCC_APB1ENR); /* enable and reset bits are at the same positions */
    REG(RCC_APB2RSTR) = REG(RCC_APB2ENR);
    REG(RCC_AHB1RSTR) = REG(RCC_APB1RSTR) = REG(RCC_APB2RSTR) = 0;
    REG(RCC_AHB1ENR) &= ~(GPIO_PORTS * RCC_AHB1ENR_GPIOAEN | RCC_AHB1ENR_DMA1EN);
    REG(RCC_APB1ENR) = REG(RCC_APB2ENR) = 0;
}

enum clock_source clock_source(void)
{
    return source;
}

uint32_t clock_core_hz(void)
{
    return source == CLOCK_SLOW ? CLOCK_INTERNAL_HZ : CLOCK_HZ;
}

uint32_t clock_uart_hz(void)
{
    return source == CLOCK_SLOW ? CLOCK_INTERNAL_HZ : UART_CLOCK_HZ;
}
