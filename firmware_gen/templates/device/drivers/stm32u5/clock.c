/* Clocks of the STM32U5 (RM0456, chapters 7, 8, 10 and 11). PLL1 multiplies the crystal's frequency, or that of the
   internal oscillator HSI16 if the crystal does not start. The dividers are computed by firmware_gen/chips/stm32u5.py.
   Above 55 MHz, voltage range 1 requires the EPOD booster, which is clocked by the source of PLL1. */
#include "clock.h"
#include "board.h"
#include "stm32u5_registers.h"

enum { TRIES = 1 << 18 }; /* maximum number of reads, which take at least 10 ms; the crystal takes 2 ms */
enum { SW_MSIS = 0, SW_INTERNAL = 1, SW_PLL = 3, PLL_FROM_INTERNAL = 2, PLL_FROM_CRYSTAL = 3 };
enum { RANGE_1 = 3, HALF = 8, PAUSE = 256, GPIO_PORTS = 0x3FF, AFTER_RESET = 1 };

static enum clock_source source;

static bool switch_to(uint32_t sw)
{
    REG(RCC_CFGR1) = (REG(RCC_CFGR1) & ~(3 * RCC_CFGR1_SW)) | sw * RCC_CFGR1_SW;
    return wait_until(RCC_CFGR1, 3 * RCC_CFGR1_SWS, sw * RCC_CFGR1_SWS, TRIES);
}

static bool turn_on(uint32_t oscillator, uint32_t ready)
{
    REG(RCC_CR) |= oscillator;
    return wait_until(RCC_CR, ready, ready, TRIES);
}

static bool set_latency(uint32_t wait_states, uint32_t prefetch)
{
    REG(FLASH_ACR) = wait_states * FLASH_ACR_LATENCY | prefetch;
    return wait_until(FLASH_ACR, 15 * FLASH_ACR_LATENCY, wait_states * FLASH_ACR_LATENCY, TRIES);
}

/* Switches to the HSI16 and turns off the PLLs and the booster, which the boot loader may have started. The wait states
   suffice for every frequency. */
static void start_internal(void)
{
    REG(RCC_AHB3ENR) |= RCC_AHB3ENR_PWREN;
    (void)REG(RCC_AHB3ENR); /* the clock runs two cycles after the write */
    (void)set_latency(CLOCK_WAIT_STATES, FLASH_ACR_PRFTEN);
    (void)turn_on(RCC_CR_HSION, RCC_CR_HSIRDY);
    (void)switch_to(SW_INTERNAL);
    REG(RCC_CR) &= ~(RCC_CR_PLL1ON | RCC_CR_PLL2ON);
    (void)wait_until(RCC_CR, RCC_CR_PLL1RDY | RCC_CR_PLL2RDY, 0, TRIES);
    REG(PWR_VOSR) &= ~PWR_VOSR_BOOSTEN;
    REG(RCC_CFGR2) &= ~(15 * RCC_CFGR2_HPRE | 7 * RCC_CFGR2_PPRE1 | 7 * RCC_CFGR2_PPRE2);
}

/* Selects the switching regulator, if the package has one, and voltage range 1. */
static bool raise_voltage(void)
{
    REG(PWR_CR3) |= PWR_CR3_REGSEL;
    (void)wait_until(PWR_SVMSR, PWR_SVMSR_REGS, PWR_SVMSR_REGS, TRIES);
    REG(PWR_VOSR) |= RANGE_1 * PWR_VOSR_VOS;
    return wait_until(PWR_VOSR, PWR_VOSR_VOSRDY, PWR_VOSR_VOSRDY, TRIES);
}

static void divide(uint32_t code)
{
    REG(RCC_CFGR2) = (REG(RCC_CFGR2) & ~(15 * RCC_CFGR2_HPRE)) | code * RCC_CFGR2_HPRE;
}

/* Switches to PLL1 at half speed, and to full speed 1 us later, as ST's examples do above 80 MHz. */
static bool start_pll(bool crystal)
{
    REG(RCC_PLL1CFGR) =
        (crystal ? PLL_FROM_CRYSTAL * RCC_PLL1CFGR_PLL1SRC | (CLOCK_M_CRYSTAL - 1) * RCC_PLL1CFGR_PLL1M
                       | CLOCK_BOOST_CRYSTAL * RCC_PLL1CFGR_PLL1MBOOST
                 : PLL_FROM_INTERNAL * RCC_PLL1CFGR_PLL1SRC | (CLOCK_M_INTERNAL - 1) * RCC_PLL1CFGR_PLL1M
                       | CLOCK_BOOST_INTERNAL * RCC_PLL1CFGR_PLL1MBOOST)
        | RCC_PLL1CFGR_PLL1REN;
    REG(PWR_VOSR) |= PWR_VOSR_BOOSTEN;
    if (!wait_until(PWR_VOSR, PWR_VOSR_BOOSTRDY, PWR_VOSR_BOOSTRDY, TRIES))
        return false;
    REG(RCC_PLL1DIVR) = (CLOCK_N - 1) * RCC_PLL1DIVR_PLL1N | 1 * RCC_PLL1DIVR_PLL1P | 1 * RCC_PLL1DIVR_PLL1Q
                        | (CLOCK_R - 1) * RCC_PLL1DIVR_PLL1R;
    if (!turn_on(RCC_CR_PLL1ON, RCC_CR_PLL1RDY))
        return false;
    if (!set_latency(CLOCK_WAIT_STATES, FLASH_ACR_PRFTEN))
        return false;
    divide(HALF);
    if (!switch_to(SW_PLL))
        return false;
    for (uint32_t turns = 0; turns < PAUSE; turns++)
        __asm volatile("");
    divide(0);
    return true;
}

/* Caches code and data in flash. After a reset, the hardware first empties the cache. */
static void start_cache(void)
{
    (void)wait_until(ICACHE_SR, ICACHE_SR_BUSYF, 0, TRIES);
    REG(ICACHE_CR) |= ICACHE_CR_EN;
}

void clock_start(void)
{
    bool crystal;

    start_internal();
    start_cache();
    crystal = turn_on(RCC_CR_HSEON, RCC_CR_HSERDY);
    source = crystal ? CLOCK_CRYSTAL : CLOCK_INTERNAL;
    if (!raise_voltage() || !start_pll(crystal)) {
        start_internal();
        source = CLOCK_SLOW;
    }
}

void clock_stop(void)
{
    static const struct {
        uint32_t enable, reset, bits; /* the bits are at the same positions in both registers */
    } used[] = {
        {RCC_AHB1ENR, RCC_AHB1RSTR, RCC_AHB1ENR_GPDMA1EN},
        {RCC_AHB2ENR1, RCC_AHB2RSTR1, GPIO_PORTS * RCC_AHB2ENR1_GPIOAEN},
        {RCC_APB1ENR1, RCC_APB1RSTR1, RCC_APB1ENR1_TIM6EN | RCC_APB1ENR1_USART2EN | RCC_APB1ENR1_USART3EN},
        {RCC_APB2ENR, RCC_APB2RSTR, RCC_APB2ENR_USART1EN | RCC_APB2ENR_SAI1EN | RCC_APB2ENR_SAI2EN},
    };

    start_internal();
    (void)turn_on(RCC_CR_MSISON, RCC_CR_MSISRDY);
    (void)switch_to(SW_MSIS);
    REG(RCC_CR) &= ~(RCC_CR_HSION | RCC_CR_HSEON);
    REG(RCC_PLL1CFGR) = REG(RCC_PLL2CFGR) = 0;
    REG(PWR_VOSR) &= ~(3 * PWR_VOSR_VOS);
    (void)wait_until(PWR_VOSR, PWR_VOSR_VOSRDY, PWR_VOSR_VOSRDY, TRIES);
    REG(PWR_SVMCR) &= ~PWR_SVMCR_IO2SV;
    REG(PWR_CR3) &= ~PWR_CR3_REGSEL;
    (void)wait_until(PWR_SVMSR, PWR_SVMSR_REGS, 0, TRIES);
    REG(ICACHE_CR) = ICACHE_CR_WAYSEL;
    (void)wait_until(ICACHE_SR, ICACHE_SR_BUSYF, 0, TRIES);
    (void)set_latency(AFTER_RESET, 0);
    for (uint32_t i = 0; i < sizeof used / sizeof used[0]; i++) {
        REG(used[i].reset) = REG(used[i].enable) & used[i].bits;
        REG(used[i].reset) = 0;
        REG(used[i].enable) &= ~used[i].bits;
    }
    REG(RCC_AHB3ENR) &= ~RCC_AHB3ENR_PWREN;
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
