/* Driver for a UARTE peripheral on Nordic chips (product specification, UARTE, PPI or DPPI, and TIMER). EasyDMA transfers data in
   both directions, even while the flash is busy and the core stalls.

   Received bytes are stored in a buffer with two halves: while one is being filled, the other is set as the next one
   (RXD.PTR is latched when a half begins). TIMER1 counts the bytes through channel 0 of the PPI or DPPI, because the
   UARTE reports the number only at the end of a half. Bytes to be sent are copied to a ring, because EasyDMA cannot
   read flash. */
#include "uart.h"
#include "board.h"
#include "nrf_pins.h"
#include "uart_ring.h"

#include <stdbool.h>

_Static_assert(UART_IRQ == CHIP_UART_IRQ, "uart.irq");

#define UART(register) REG(UART_ADDRESS + (register))

enum { HALF = 1024, HALVES = 2, RING = 2048 }; /* bytes; powers of two */
enum { ENABLED = 8, COUNTER = 2, BITS_32 = 3 };
enum { PATIENCE = 1 << 19 }; /* loop iterations, which take at least 0.1 s; a full ring takes 20 ms at 1 Mbaud */

static uint8_t received[HALVES * HALF];
static uint32_t taken; /* free-running */

static uint8_t ring[RING];
static volatile uint32_t written, sent; /* free-running */
static volatile uint32_t sending;       /* number of bytes at `sent` that EasyDMA is reading */

void uart_start(void)
{
    static const uint32_t pins[] = {UART_PINS};

    UART(UARTE_ENABLE) = 0; /* the boot loader may have left the UARTE on */
    UART(UARTE_EVENTS_ENDTX) = 0;
    UART(UARTE_EVENTS_RXSTARTED) = 0;
    pin_output(pins[0], true);
    pin_input(pins[1]);
    UART(UARTE_PSEL_TXD) = pins[0];
    UART(UARTE_PSEL_RXD) = pins[1];
    UART(UARTE_BAUDRATE) = UART_RATE;
    chip_uart_end();
    UART(UARTE_ENABLE) = ENABLED;

    REG(TIMER1_MODE) = COUNTER;
    REG(TIMER1_BITMODE) = BITS_32;
    REG(TIMER1_TASKS_CLEAR) = 1;
    REG(TIMER1_TASKS_START) = 1;
    chip_count_received();

    UART(UARTE_SHORTS) = UARTE_SHORTS_ENDRX_STARTRX;
    UART(UARTE_RXD_PTR) = (uint32_t)(uintptr_t)received;
    UART(UARTE_RXD_MAXCNT) = HALF;
    UART(UARTE_INTEN) = UARTE_INTEN_RXDRDY | UARTE_INTEN_RXSTARTED | UARTE_INTEN_ENDTX | UARTE_INTEN_ERROR;
    UART(UARTE_TASKS_STARTRX) = 1;
    interrupt_enable(UART_IRQ);
}

/* Ends the transfer that EasyDMA has completed, and starts the next one. Interrupts are off. */
static void transmit(void)
{
    uint32_t start, bytes;

    if (sending) {
        if (!UART(UARTE_EVENTS_ENDTX))
            return;
        UART(UARTE_EVENTS_ENDTX) = 0;
        sent += sending;
    }
    start = sent % RING;
    bytes = written - sent;
    sending = bytes < RING - start ? bytes : RING - start; /* up to the end of the ring */
    if (sending) {
        UART(UARTE_TXD_PTR) = (uint32_t)(uintptr_t)(ring + start);
        UART(UARTE_TXD_MAXCNT) = sending;
        __asm volatile("dsb" ::: "memory");
        UART(UARTE_TASKS_STARTTX) = 1;
    }
}

void uart_receive_isr(void)
{
    uint32_t count;

    UART(UARTE_EVENTS_RXDRDY) = 0;
    if (UART(UARTE_EVENTS_ERROR)) { /* a byte is lost or wrong, which the frame's checksum detects */
        UART(UARTE_EVENTS_ERROR) = 0;
        UART(UARTE_ERRORSRC) = UART(UARTE_ERRORSRC); /* writing 1 clears a bit */
    }
    REG(TIMER1_TASKS_CAPTURE0) = 1;
    count = REG(TIMER1_CC0);
    if (UART(UARTE_EVENTS_RXSTARTED)) {
        UART(UARTE_EVENTS_RXSTARTED) = 0;
        UART(UARTE_RXD_PTR) = (uint32_t)(uintptr_t)(received + (count / HALF + 1) % HALVES * HALF);
    }
    (void)UART(UARTE_EVENTS_RXDRDY); /* the last byte has reached the memory, and the event is cleared */
    for (; taken != count; taken++)
        uart_received(received[taken % sizeof received]);
    transmit();
}

/* Calls transmit() with interrupts off. Interrupts may be off already. */
static void pump(void)
{
    uint32_t masked;

    __asm volatile("mrs %0, primask\n\tcpsid i" : "=r"(masked)::"memory");
    transmit();
    if (!masked)
        __asm volatile("cpsie i" ::: "memory");
}

void uart_put(const void *data, size_t bytes)
{
    const uint8_t *byte = data;

    for (size_t i = 0; i < bytes; i++) {
        for (uint32_t turns = 0; written - sent == RING && turns < PATIENCE; turns++)
            pump();
        if (written - sent < RING) {
            ring[written % RING] = byte[i];
            written++;
        }
    }
    pump();
}

void uart_drain(void)
{
    for (uint32_t turns = 0; written != sent && turns < PATIENCE; turns++)
        pump();
}
