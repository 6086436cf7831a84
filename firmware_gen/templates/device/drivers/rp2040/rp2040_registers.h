/* The registers and fields of the RP2040 that the drivers use, except those in rp2_pio.h. Names are from the vendor's
   description of the chip, and tests/firmware_gen/test_pico.py compares all values with it. The constant of a
   field is the value of its lowest bit. */
#ifndef RP2040_REGISTERS_H
#define RP2040_REGISTERS_H

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
#define PADS_BANK0_GPIO0_IE (1u << 6)
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

#endif
