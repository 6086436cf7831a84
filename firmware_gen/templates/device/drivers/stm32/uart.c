/* Driver for a USART or LPUART of an STM32. Reception is interrupt-driven. Transmission is polled, and a byte is
   dropped if the USART does not accept it in time. stm32_chip.h defines the differences between families. */
#include "uart.h"
#include "board.h"
#include "clock.h"
#include "stm32_chip.h"
#include "stm32_pins.h"
#include "uart_ring.h"

_Static_assert(UART_IRQ == UART_INSTANCE_IRQ, "uart.irq");

#define UART(offset) REG(UART_ADDRESS + (offset))

enum { PATIENCE = 1 << 20 }; /* maximum number of reads, which take at least 30 ms */

void uart_start(void)
{
    static const struct pin pins[] = {UART_PINS};
    uint32_t clock = clock_uart_hz(); /* the divider has UART_STEPS steps per bit */

    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pins_connect(pins[i], UART_FUNCTION, PINS_PULL_UP);
    REG(UART_CLOCK) |= UART_CLOCK_ENABLE;
    (void)REG(UART_CLOCK); /* the clock runs two cycles after the write */
    UART(USART_BRR) = clock / UART_BAUD * UART_STEPS + (clock % UART_BAUD * UART_STEPS + UART_BAUD / 2) / UART_BAUD;
    UART(USART_CR1) = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | UART_RECEIVE_IE;
    interrupt_enable(UART_IRQ);
}

void uart_receive_isr(void)
{
    uint32_t state;

    /* An overrun loses a byte, which the frame's checksum detects. */
    while ((state = UART(UART_STATE)) & (UART_RECEIVED | UART_OVERRUN)) {
        uint8_t byte = (uint8_t)UART(UART_IN);

        if (state & UART_RECEIVED)
            uart_received(byte);
        UART_END_OVERRUN();
    }
}

void uart_put(const void *data, size_t bytes)
{
    const uint8_t *byte = data;

    for (size_t i = 0; i < bytes; i++) {
        if (wait_until(UART_ADDRESS + UART_STATE, UART_EMPTY, UART_EMPTY, PATIENCE))
            UART(UART_OUT) = byte[i];
    }
}

void uart_drain(void)
{
    (void)wait_until(UART_ADDRESS + UART_STATE, UART_SENT, UART_SENT, PATIENCE);
}
