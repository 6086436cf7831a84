/* Driver for Arm's CMSDK APB UART (Cortex-M System Design Kit, DDI 0479). Reception is interrupt-driven.
   Transmission is polled. */
#include "board.h"
#include "registers.h"
#include "uart.h"
#include "uart_ring.h"

struct cmsdk_uart {
    volatile uint32_t data, state, control, interrupt, divider;
};

#define UART ((struct cmsdk_uart *)UART_ADDRESS)

enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2 };
enum { CONTROL_TX = 1, CONTROL_RX = 2, CONTROL_RX_INTERRUPT = 8 };
enum { INTERRUPT_RX = 2 };

void uart_start(void)
{
    UART->divider = UART_DIVIDER;
    UART->control = CONTROL_TX | CONTROL_RX | CONTROL_RX_INTERRUPT;
    interrupt_enable(UART_IRQ);
}

void uart_receive_isr(void)
{
    UART->interrupt = INTERRUPT_RX;
    while (UART->state & STATE_RX_FULL)
        uart_received((uint8_t)UART->data);
}

void uart_put(const void *data, size_t bytes)
{
    const uint8_t *byte = data;

    for (size_t i = 0; i < bytes; i++) {
        while (UART->state & STATE_TX_FULL)
            ;
        UART->data = byte[i];
    }
}

void uart_drain(void)
{
    while (UART->state & STATE_TX_FULL)
        ;
}
