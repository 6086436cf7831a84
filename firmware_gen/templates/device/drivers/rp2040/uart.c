/* Driver for UART0 of the RP2040, an Arm PrimeCell PL011 (data sheet, 4.2). Reception is interrupt-driven and uses a ring
   buffer. Transmission is polled, and a byte that the UART does not take in time is dropped. */
#include "uart.h"
#include "board.h"
#include "clock.h"
#include "rp2040_registers.h"

_Static_assert(UART_ADDRESS == UART0_UARTDR, "uart.address");
_Static_assert(UART_IRQ == UART0_IRQ, "uart.irq");

#define NVIC_ENABLE ((volatile uint32_t *)0xE000E100u)

enum { EIGHT_BITS = 3, FIFO_EIGHTH = 0 };
enum { RING = 2048 };        /* a power of two, larger than the longest frame */
enum { PATIENCE = 1 << 20 }; /* reads of the state, at least 30 ms */

static uint8_t ring[RING];
static volatile uint32_t written, taken; /* free-running */

void uart_start(void)
{
    static const uint32_t pins[] = {UART_PINS};
    uint32_t divider = (clock_uart_hz() * 4u + UART_BAUD / 2) / UART_BAUD; /* in 1/64, for 16 samples per bit */

    (void)restart(RESETS_RESET_UART0);
    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pin_connect(pins[i], UART_FUNCTION, true);
    REG(UART0_UARTIBRD) = divider >> 6;
    REG(UART0_UARTFBRD) = divider & 63;
    REG(UART0_UARTLCR_H) = EIGHT_BITS * UART0_UARTLCR_H_WLEN | UART0_UARTLCR_H_FEN; /* also applies the divider */
    REG(UART0_UARTIFLS) = FIFO_EIGHTH;
    REG(UART0_UARTIMSC) =
        UART0_UARTIMSC_RXIM | UART0_UARTIMSC_RTIM; /* FIFO at its level, or no byte for 32 bit times */
    REG(UART0_UARTCR) = UART0_UARTCR_UARTEN | UART0_UARTCR_TXE | UART0_UARTCR_RXE;
    NVIC_ENABLE[UART_IRQ / 32] = 1u << (UART_IRQ % 32);
}

void uart_receive_isr(void)
{
    REG(UART0_UARTICR) = UART0_UARTICR_RXIC | UART0_UARTICR_RTIC;
    while (!(REG(UART0_UARTFR) & UART0_UARTFR_RXFE)) {
        uint8_t byte = (uint8_t)REG(UART0_UARTDR);

        if (written - taken < RING) { /* a full ring drops bytes, which the frame's checksum detects */
            ring[written % RING] = byte;
            written++;
        }
    }
}

uint8_t uart_get(void)
{
    uint8_t byte;

    for (;;) {
        /* Interrupts are disabled between the check and the sleep. The interrupt of a byte received in between stays
           pending and ends the sleep. */
        __asm volatile("cpsid i" ::: "memory");
        if (written != taken)
            break;
        __asm volatile("dsb\n\twfi" ::: "memory");
        __asm volatile("cpsie i\n\tisb" ::: "memory");
    }
    __asm volatile("cpsie i" ::: "memory");
    byte = ring[taken % RING];
    taken++;
    return byte;
}

bool uart_take(const uint8_t *data, size_t bytes)
{
    if (written - taken < bytes)
        return false;
    for (size_t i = 0; i < bytes; i++)
        if (ring[(taken + i) % RING] != data[i])
            return false;
    taken += (uint32_t)bytes;
    return true;
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
