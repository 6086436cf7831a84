/* Clocks of the STM32L4+ (RM0432, chapters 3, 5 and 6). The PLL multiplies the internal oscillator MSI, which is
   trimmed with the 32768 Hz crystal. Without the crystal, the PLL multiplies the internal oscillator HSI16. The PLLs'
   dividers are computed by firmware_gen/chips/stm32l4.py. Above 80 MHz, voltage range 1 requires boost mode. */
#include "clock.h"
#include "board.h"
#include "stm32l4_registers.h"

/* Maximum numbers of reads, and number of loop iterations between two reads. */
enum { TRIES = 1 << 18, PAUSES = 1 << 15, PAUSE = 512 };
enum { SW_MSI = 0, SW_INTERNAL = 1, SW_PLL = 3, PLL_FROM_MSI = 1, PLL_FROM_INTERNAL = 2 };
enum { RANGE_4_MHZ = 6, HALF = 8, GPIO_PORTS = 0x1FF };

static enum clock_source source;

static bool switch_to(uint32_t sw)
{
    REG(RCC_CFGR) = (REG(RCC_CFGR) & ~(3 * RCC_CFGR_SW)) | sw * RCC_CFGR_SW;
    return wait_until(RCC_CFGR, 3 * RCC_CFGR_SWS, sw * RCC_CFGR_SWS, TRIES);
}

static bool turn_on(uint32_t oscillator, uint32_t ready)
{
    REG(RCC_CR) |= oscillator;
    return wait_until(RCC_CR, ready, ready, TRIES);
}

static void divide(uint32_t code)
{
    REG(RCC_CFGR) = (REG(RCC_CFGR) & ~(15 * RCC_CFGR_HPRE)) | code * RCC_CFGR_HPRE;
}

static void pause(void)
{
    for (uint32_t turns = 0; turns < PAUSE; turns++)
        __asm volatile("");
}

/* Switches to the HSI16 and turns off the PLLs, which the boot loader may have started. */
static void start_internal(void)
{
    (void)turn_on(RCC_CR_HSION, RCC_CR_HSIRDY);
    (void)switch_to(SW_INTERNAL);
    REG(RCC_CR) &= ~(RCC_CR_PLLON | RCC_CR_PLLSAI1ON);
    (void)wait_until(RCC_CR, RCC_CR_PLLRDY | RCC_CR_PLLSAI1RDY, 0, TRIES);
    divide(0);
    REG(RCC_CFGR) &= ~(7 * RCC_CFGR_PPRE1 | 7 * RCC_CFGR_PPRE2);
}

/* Starts the crystal, which takes 2 s after power-on and keeps running during later resets. The timeout is at least 4
   s. */
static bool crystal_starts(void)
{
    REG(PWR_CR1) |= PWR_CR1_DBP; /* enables writing to BDCR */
    REG(RCC_BDCR) |= RCC_BDCR_LSEON;
    for (uint32_t tries = 0; tries < PAUSES; tries++) {
        if (REG(RCC_BDCR) & RCC_BDCR_LSERDY)
            return true;
        pause();
    }
    REG(RCC_BDCR) &= ~RCC_BDCR_LSEON;
    return false;
}

/* Starts the MSI at 122 times the crystal's frequency. */
static bool start_trimmed(void)
{
    if (!turn_on(RCC_CR_MSION, RCC_CR_MSIRDY))
        return false;
    REG(RCC_CR) = (REG(RCC_CR) & ~(15 * RCC_CR_MSIRANGE)) | RANGE_4_MHZ * RCC_CR_MSIRANGE | RCC_CR_MSIRGSEL;
    if (!wait_until(RCC_CR, RCC_CR_MSIRDY, RCC_CR_MSIRDY, TRIES) || !crystal_starts())
        return false;
    REG(RCC_CR) |= RCC_CR_MSIPLLEN;
    return true;
}

/* Switches to the PLL at half speed in boost mode, and to full speed 1 us later (RM0432, 5.1.8). */
static bool start_pll(bool trimmed)
{
    uint32_t access = CLOCK_WAIT_STATES * FLASH_ACR_LATENCY | FLASH_ACR_PRFTEN | FLASH_ACR_ICEN | FLASH_ACR_DCEN;

    divide(HALF);
    REG(PWR_CR5) &= ~PWR_CR5_R1MODE;
    REG(RCC_PLLCFGR) = (trimmed ? PLL_FROM_MSI * RCC_PLLCFGR_PLLSRC | (CLOCK_M_CRYSTAL - 1) * RCC_PLLCFGR_PLLM
                                : PLL_FROM_INTERNAL * RCC_PLLCFGR_PLLSRC | (CLOCK_M_INTERNAL - 1) * RCC_PLLCFGR_PLLM)
                       | CLOCK_N * RCC_PLLCFGR_PLLN | (CLOCK_R / 2 - 1) * RCC_PLLCFGR_PLLR | RCC_PLLCFGR_PLLREN;
    if (!turn_on(RCC_CR_PLLON, RCC_CR_PLLRDY))
        return false;
    REG(FLASH_ACR) = access; /* wait states must be set before the core becomes faster */
    if (!wait_until(FLASH_ACR, 15 * FLASH_ACR_LATENCY, CLOCK_WAIT_STATES * FLASH_ACR_LATENCY, TRIES))
        return false;
    if (!switch_to(SW_PLL))
        return false;
    pause();
    divide(0);
    return true;
}

void clock_start(void)
{
    bool trimmed;

    start_internal();
    REG(RCC_APB1ENR1) |= RCC_APB1ENR1_PWREN;
    (void)REG(RCC_APB1ENR1); /* the clock runs two cycles after the write */
    trimmed = start_trimmed();
    source = trimmed ? CLOCK_CRYSTAL : CLOCK_INTERNAL;
    if (!start_pll(trimmed)) {
        start_internal();
        REG(PWR_CR5) |= PWR_CR5_R1MODE;
        source = CLOCK_SLOW;
    }
}

void clock_stop(void)
{
    static const struct {
        uint32_t enable, reset, bits; /* the bits are at the same positions in both registers */
    } used[] = {
        {RCC_AHB1ENR, RCC_AHB1RSTR, RCC_AHB1ENR_DMA1EN | RCC_AHB1ENR_DMAMUX1EN},
        {RCC_AHB2ENR, RCC_AHB2RSTR, GPIO_PORTS * RCC_AHB2ENR_GPIOAEN},
        {RCC_APB1ENR1, RCC_APB1RSTR1, RCC_APB1ENR1_PWREN | RCC_APB1ENR1_USART2EN | RCC_APB1ENR1_USART3EN},
        {RCC_APB1ENR2, RCC_APB1RSTR2, RCC_APB1ENR2_LPUART1EN},
        {RCC_APB2ENR, RCC_APB2RSTR, RCC_APB2ENR_USART1EN | RCC_APB2ENR_SAI1EN | RCC_APB2ENR_SAI2EN},
    };

    start_internal();
    (void)turn_on(RCC_CR_MSION, RCC_CR_MSIRDY);
    (void)switch_to(SW_MSI);
    REG(RCC_CR) &= ~(RCC_CR_HSION | RCC_CR_MSIPLLEN);
    REG(FLASH_ACR) = FLASH_ACR_ICEN | FLASH_ACR_DCEN;
    for (uint32_t i = 0; i < sizeof used / sizeof used[0]; i++) {
        REG(used[i].reset) = REG(used[i].enable) & used[i].bits;
        REG(used[i].reset) = 0;
        REG(used[i].enable) &= ~used[i].bits;
    }
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
