/* A serial line. Received bytes are buffered in a ring. Sending blocks. */
#ifndef UART_H
#define UART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void uart_start(void);
/* Returns the next received byte. The core sleeps until one is available. */
uint8_t uart_get(void);
/* Takes the next `bytes` bytes if they have been received and equal `data`, and returns whether they have. */
bool uart_take(const uint8_t *data, size_t bytes);
void uart_put(const void *data, size_t bytes);
/* Waits until the last byte has been sent. */
void uart_drain(void);
/* Receive interrupt handler. */
void uart_receive_isr(void);

#endif
