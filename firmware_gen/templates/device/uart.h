/* A serial line. Received bytes go into the ring of uart_ring.h. Sending blocks. */
#ifndef UART_H
#define UART_H

#include <stddef.h>
#include <stdint.h>

void uart_start(void);
void uart_put(const void *data, size_t bytes);
/* Waits until the last byte has been sent. */
void uart_drain(void);
/* Receive interrupt handler. */
void uart_receive_isr(void);

#endif
