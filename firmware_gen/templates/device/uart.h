/* A serial line. Received bytes wait in a ring until they are read. Sending blocks. */
#ifndef UART_H
#define UART_H

#include <stddef.h>
#include <stdint.h>

void uart_start(void);
/* Returns the next byte. The core sleeps until there is one. */
uint8_t uart_get(void);
void uart_put(const void *data, size_t bytes);
/* Waits until the last byte has been sent. */
void uart_drain(void);
/* Handler of the receive interrupt. */
void uart_receive_isr(void);

#endif
