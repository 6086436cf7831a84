/* The registers and fields of the RP2040 that the drivers use. Names are from the vendor's description of the chip, and
   tests/firmware_gen/test_pico.py compares all values with it. The constant of a field is the value of its lowest
   bit. */
#ifndef RP2040_REGISTERS_H
#define RP2040_REGISTERS_H

#include "registers.h"

#include <stdbool.h>
#include <stdint.h>

/* Aliases of the registers: writing to one sets or clears every bit that is 1 in the written value. */
#define REG_SET(address) REG((address) + 0x2000u)
#define REG_CLEAR(address) REG((address) + 0x3000u)

#define CLOCKS_CLK_REF_CTRL 0x40008030u
#define CLOCKS_CLK_REF_CTRL_SRC (1u << 0)
#define CLOCKS_CLK_REF_SELECTED 0x40008038u
#define CLOCKS_CLK_SYS_CTRL 0x4000803Cu
#define CLOCKS_CLK_SYS_CTRL_SRC (1u << 0)
#define CLOCKS_CLK_SYS_SELECTED 0x40008044u
#define CLOCKS_CLK_PERI_CTRL 0x40008048u
#define CLOCKS_CLK_PERI_CTRL_ENABLE (1u << 11)

#define RESETS_RESET 0x4000C000u
#define RESETS_RESET_DMA (1u << 2)
#define RESETS_RESET_IO_BANK0 (1u << 5)
#define RESETS_RESET_PADS_BANK0 (1u << 8)
#define RESETS_RESET_PIO0 (1u << 10)
#define RESETS_RESET_PLL_SYS (1u << 12)
#define RESETS_RESET_UART0 (1u << 22)
#define RESETS_RESET_DONE 0x4000C008u

#define IO_BANK0_GPIO0_CTRL 0x40014004u
#define IO_BANK0_GPIO0_CTRL_FUNCSEL (1u << 0)
#define IO_BANK0_GPIO1_CTRL 0x4001400Cu

#define PADS_BANK0_GPIO0 0x4001C004u
#define PADS_BANK0_GPIO0_PDE (1u << 2)
#define PADS_BANK0_GPIO0_PUE (1u << 3)
#define PADS_BANK0_GPIO1 0x4001C008u

#define XOSC_CTRL 0x40024000u
#define XOSC_CTRL_FREQ_RANGE (1u << 0)
#define XOSC_CTRL_ENABLE (1u << 12)
#define XOSC_STATUS 0x40024004u
#define XOSC_STATUS_STABLE (1u << 31)
#define XOSC_STARTUP 0x4002400Cu
#define XOSC_STARTUP_DELAY (1u << 0)

#define PLL_SYS_CS 0x40028000u
#define PLL_SYS_CS_REFDIV (1u << 0)
#define PLL_SYS_CS_LOCK (1u << 31)
#define PLL_SYS_PWR 0x40028004u
#define PLL_SYS_PWR_PD (1u << 0)
#define PLL_SYS_PWR_POSTDIVPD (1u << 3)
#define PLL_SYS_PWR_VCOPD (1u << 5)
#define PLL_SYS_FBDIV_INT 0x40028008u
#define PLL_SYS_PRIM 0x4002800Cu
#define PLL_SYS_PRIM_POSTDIV2 (1u << 12)
#define PLL_SYS_PRIM_POSTDIV1 (1u << 16)

#define UART0_UARTDR 0x40034000u
#define UART0_UARTFR 0x40034018u
#define UART0_UARTFR_BUSY (1u << 3)
#define UART0_UARTFR_RXFE (1u << 4)
#define UART0_UARTFR_TXFF (1u << 5)
#define UART0_UARTIBRD 0x40034024u
#define UART0_UARTFBRD 0x40034028u
#define UART0_UARTLCR_H 0x4003402Cu
#define UART0_UARTLCR_H_FEN (1u << 4)
#define UART0_UARTLCR_H_WLEN (1u << 5)
#define UART0_UARTCR 0x40034030u
#define UART0_UARTCR_UARTEN (1u << 0)
#define UART0_UARTCR_TXE (1u << 8)
#define UART0_UARTCR_RXE (1u << 9)
#define UART0_UARTIFLS 0x40034034u
#define UART0_UARTIMSC 0x40034038u
#define UART0_UARTIMSC_RXIM (1u << 4)
#define UART0_UARTIMSC_RTIM (1u << 6)
#define UART0_UARTICR 0x40034044u
#define UART0_UARTICR_RXIC (1u << 4)
#define UART0_UARTICR_RTIC (1u << 6)
#define UART0_IRQ 20

#define DMA_CH0_READ_ADDR 0x50000000u
#define DMA_CH0_WRITE_ADDR 0x50000004u
#define DMA_CH0_TRANS_COUNT 0x50000008u
#define DMA_CH0_CTRL_TRIG 0x5000000Cu
#define DMA_CH0_CTRL_TRIG_EN (1u << 0)
#define DMA_CH0_CTRL_TRIG_HIGH_PRIORITY (1u << 1)
#define DMA_CH0_CTRL_TRIG_DATA_SIZE (1u << 2)
#define DMA_CH0_CTRL_TRIG_INCR_READ (1u << 4)
#define DMA_CH0_CTRL_TRIG_CHAIN_TO (1u << 11)
#define DMA_CH0_AL1_CTRL 0x50000010u
#define DMA_CH1_READ_ADDR 0x50000040u
#define DMA_INTE0 0x50000404u
#define DMA_INTS0 0x5000040Cu
#define DMA_CHAN_ABORT 0x50000444u
#define DMA_IRQ_0_IRQ 11

#define PIO0_CTRL 0x50200000u
#define PIO0_CTRL_SM_ENABLE (1u << 0)
#define PIO0_CTRL_SM_RESTART (1u << 4)
#define PIO0_CTRL_CLKDIV_RESTART (1u << 8)
#define PIO0_TXF0 0x50200010u
#define PIO0_INSTR_MEM0 0x50200048u
#define PIO0_SM0_CLKDIV 0x502000C8u
#define PIO0_SM0_CLKDIV_FRAC (1u << 8)
#define PIO0_SM0_CLKDIV_INT (1u << 16)
#define PIO0_SM0_EXECCTRL 0x502000CCu
#define PIO0_SM0_EXECCTRL_WRAP_TOP (1u << 12)
#define PIO0_SM0_SHIFTCTRL 0x502000D0u
#define PIO0_SM0_SHIFTCTRL_AUTOPULL (1u << 17)
#define PIO0_SM0_SHIFTCTRL_FJOIN_TX (1u << 30)
#define PIO0_SM0_INSTR 0x502000D8u
#define PIO0_SM0_PINCTRL 0x502000DCu
#define PIO0_SM0_PINCTRL_OUT_BASE (1u << 0)
#define PIO0_SM0_PINCTRL_SET_BASE (1u << 5)
#define PIO0_SM0_PINCTRL_SIDESET_BASE (1u << 10)
#define PIO0_SM0_PINCTRL_OUT_COUNT (1u << 20)
#define PIO0_SM0_PINCTRL_SET_COUNT (1u << 26)
#define PIO0_SM0_PINCTRL_SIDESET_COUNT (1u << 29)

/* Releases peripheral blocks from reset. Returns false if they do not become ready. */
static inline bool release(uint32_t blocks)
{
    enum { TRIES = 1 << 16 };

    REG_CLEAR(RESETS_RESET) = blocks;
    return wait_until(RESETS_RESET_DONE, blocks, blocks, TRIES);
}

/* Resets peripheral blocks, because a reset of the core alone does not reset them. Returns false if they do not become
   ready. */
static inline bool restart(uint32_t blocks)
{
    REG_SET(RESETS_RESET) = blocks;
    return release(blocks);
}

/* Connects a pin to a peripheral. With `pull_up`, an input without a cable reads as idle. */
static inline void pin_connect(uint32_t pin, uint32_t function, bool pull_up)
{
    uint32_t pad = PADS_BANK0_GPIO0 + pin * (PADS_BANK0_GPIO1 - PADS_BANK0_GPIO0);

    REG_CLEAR(pad) = PADS_BANK0_GPIO0_PDE | PADS_BANK0_GPIO0_PUE;
    if (pull_up)
        REG_SET(pad) = PADS_BANK0_GPIO0_PUE;
    REG(IO_BANK0_GPIO0_CTRL + pin * (IO_BANK0_GPIO1_CTRL - IO_BANK0_GPIO0_CTRL)) =
        function * IO_BANK0_GPIO0_CTRL_FUNCSEL;
}

#endif
