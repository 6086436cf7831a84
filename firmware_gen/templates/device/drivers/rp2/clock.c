/* Clocks of the RP2040 (data sheet, 2.15 to 2.18) and the RP2350 (8.1 to 8.6). The system PLL multiplies the crystal's
   frequency. The PLL's dividers are computed by firmware_gen/chips/rp2.py. Without the crystal, only the slow ring
   oscillator remains. */
#include "clock.h"
#include "board.h"
#include "rp2_blocks.h"
#include "rp2_flash.h"

/* Maximum number of reads, which take at least 60 ms at 12 MHz. The crystal takes 2 ms to start, and the PLL takes 0.1
   ms. */
enum { TRIES = 1 << 18 };
enum { CRYSTAL_1_TO_15_MHZ = 0xAA0, CRYSTAL_ON = 0xFAB, DELAY_UNIT = 256 };
enum { REF_RING = 0, REF_CRYSTAL = 2, SYS_REF_SELECTED = 1, SYS_PLL_SELECTED = 2 };

static enum clock_source source = CLOCK_SLOW;

/* Each value of SRC has a bit in SELECTED, which is set when the glitchless switch is complete. */
static bool reference_from(uint32_t value)
{
    REG(CLOCKS_CLK_REF_CTRL) = value * CLOCKS_CLK_REF_CTRL_SRC;
    return wait_until(CLOCKS_CLK_REF_SELECTED, 1u << value, 1u << value, TRIES);
}

/* The source that AUXSRC selects may only be changed while it is not in use. */
static bool system_from_reference(void)
{
    bool done;

    REG_CLEAR(CLOCKS_CLK_SYS_CTRL) = CLOCKS_CLK_SYS_CTRL_SRC;
    done = wait_until(CLOCKS_CLK_SYS_SELECTED, SYS_REF_SELECTED, SYS_REF_SELECTED, TRIES);
    if (done)
        REG(CLOCKS_CLK_SYS_CTRL) = 0; /* AUXSRC 0 is the system PLL */
    return done;
}

static bool system_from_pll(void)
{
    REG(CLOCKS_CLK_SYS_CTRL) = CLOCKS_CLK_SYS_CTRL_SRC;
    return wait_until(CLOCKS_CLK_SYS_SELECTED, SYS_PLL_SELECTED, SYS_PLL_SELECTED, TRIES);
}

/* Starts the PLL after a reset: first the oscillator, and the dividers once the oscillator has locked. */
static bool start_pll(void)
{
    if (!restart(RESETS_RESET_PLL_SYS))
        return false;
    REG(PLL_SYS_CS) = 1 * PLL_SYS_CS_REFDIV;
    REG(PLL_SYS_FBDIV_INT) = CLOCK_FEEDBACK;
    REG_CLEAR(PLL_SYS_PWR) = PLL_SYS_PWR_PD | PLL_SYS_PWR_VCOPD;
    if (!wait_until(PLL_SYS_CS, PLL_SYS_CS_LOCK, PLL_SYS_CS_LOCK, TRIES))
        return false;
    REG(PLL_SYS_PRIM) = CLOCK_DIVIDER_1 * PLL_SYS_PRIM_POSTDIV1 | CLOCK_DIVIDER_2 * PLL_SYS_PRIM_POSTDIV2;
    REG_CLEAR(PLL_SYS_PWR) = PLL_SYS_PWR_POSTDIVPD;
    return true;
}

void clock_start(void)
{
    bool fast;

    (void)system_from_reference();
    REG(XOSC_STARTUP) = CLOCK_CRYSTAL_HZ / 500 / DELAY_UNIT * XOSC_STARTUP_DELAY; /* 2 ms */
    REG(XOSC_CTRL) = CRYSTAL_ON * XOSC_CTRL_ENABLE | CRYSTAL_1_TO_15_MHZ * XOSC_CTRL_FREQ_RANGE;
    fast = wait_until(XOSC_STATUS, XOSC_STATUS_STABLE, XOSC_STATUS_STABLE, TRIES) && reference_from(REF_CRYSTAL)
           && start_pll() && system_from_pll();
    if (fast)
        source = CLOCK_CRYSTAL;
    else
        clock_stop();
    REG(CLOCKS_CLK_PERI_CTRL) = CLOCKS_CLK_PERI_CTRL_ENABLE; /* AUXSRC 0 is the system clock */
    chip_flash_start();
    (void)release(RESETS_RESET_IO_BANK0 | RESETS_RESET_PADS_BANK0);
}

void clock_stop(void)
{
    (void)system_from_reference();
    (void)reference_from(REF_RING);
    REG_SET(RESETS_RESET) = RESETS_RESET_PLL_SYS;
    source = CLOCK_SLOW;
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
    return clock_core_hz();
}
