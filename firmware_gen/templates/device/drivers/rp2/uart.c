/* Driver for UART0 of the RP2040 and the RP2350, an Arm PrimeCell PL011. Reception is interrupt-driven.
   Transmission is polled, and a byte is dropped if the UART does not accept it in time. */
#include "uart.h"
#include "board.h"
#include "clock.h"
#include "rp2_blocks.h"
#include "uart_ring.h"

_Static_assert(UART_ADDRESS == UART0_UARTDR, "uart.address");
_Static_assert(UART_IRQ == UART0_IRQ, "uart.irq");

enum { EIGHT_BITS = 3, FIFO_EIGHTH = 0 };
enum { PATIENCE = 1 << 20 }; /* maximum number of reads, which take at least 30 ms */

void uart_start(void)
{
    static const uint32_t pins[] = {UART_PINS};
    uint32_t divider = (clock_uart_hz() * 4u + UART_BAUD / 2) / UART_BAUD; /* in 1/64, with 16 samples per bit */

    (void)restart(RESETS_RESET_UART0);
    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pin_connect(pins[i], UART_FUNCTION, true);
    REG(UART0_UARTIBRD) = divider >> 6;
    REG(UART0_UARTFBRD) = divider & 63;
    REG(UART0_UARTLCR_H) = EIGHT_BITS * UART0_UARTLCR_H_WLEN | UART0_UARTLCR_H_FEN; /* applies the divider */
    REG(UART0_UARTIFLS) = FIFO_EIGHTH;
    REG(UART0_UARTIMSC) =
        UART0_UARTIMSC_RXIM | UART0_UARTIMSC_RTIM; /* FIFO level reached, or no byte for 32 bit times */
    REG(UART0_UARTCR) = UART0_UARTCR_UARTEN | UART0_UARTCR_TXE | UART0_UARTCR_RXE;
    interrupt_enable(UART_IRQ);
}

void uart_receive_isr(void)
{
    REG(UART0_UARTICR) = UART0_UARTICR_RXIC | UART0_UARTICR_RTIC;
    while (!(REG(UART0_UARTFR) & UART0_UARTFR_RXFE))
        uart_received((uint8_t)REG(UART0_UARTDR));
}

void uart_put(const void *data, size_t bytes)
{
    const uint8_t *byte = data;

    for (size_t i = 0; i < bytes; i++) {
        if (wait_until(UART0_UARTFR, UART0_UARTFR_TXFF, 0, PATIENCE))
            REG(UART0_UARTDR) = byte[i];
    }
}

void uart_drain(void)
{
    (void)wait_until(UART0_UARTFR, UART0_UARTFR_BUSY, 0, PATIENCE);
}
