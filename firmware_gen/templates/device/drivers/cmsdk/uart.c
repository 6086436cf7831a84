/* Driver for Arm's CMSDK APB UART (Cortex-M System Design Kit, DDI 0479). Reception is interrupt-driven and uses a ring
   buffer. Transmission is polled. */
#include "board.h"
#include "uart.h"

struct cmsdk_uart {
    volatile uint32_t data, state, control, interrupt, divider;
};

#define UART ((struct cmsdk_uart *)UART_ADDRESS)
#define NVIC_ENABLE ((volatile uint32_t *)0xE000E100u)

enum { STATE_TX_FULL = 1, STATE_RX_FULL = 2 };
enum { CONTROL_TX = 1, CONTROL_RX = 2, CONTROL_RX_INTERRUPT = 8 };
enum { INTERRUPT_RX = 2 };
enum { RING = 2048 }; /* a power of two, larger than the longest frame */

static uint8_t ring[RING];
static volatile uint32_t written, taken; /* free-running */

void uart_start(void)
{
    UART->divider = UART_DIVIDER;
    UART->control = CONTROL_TX | CONTROL_RX | CONTROL_RX_INTERRUPT;
    NVIC_ENABLE[UART_IRQ / 32] = 1u << (UART_IRQ % 32);
}

void uart_receive_isr(void)
{
    UART->interrupt = INTERRUPT_RX;
    while (UART->state & STATE_RX_FULL) {
        uint8_t byte = (uint8_t)UART->data;

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
           pending and wakes the core. */
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
