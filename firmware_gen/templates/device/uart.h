/* A serial line. Received bytes wait in a ring until they are asked for; sending waits for the line. */
#ifndef UART_H
#define UART_H

#include <stddef.h>
#include <stdint.h>

void uart_start(void);
/* The next byte; the core sleeps until there is one. */
uint8_t uart_get(void);
void uart_put(const void *data, size_t bytes);
/* Return when the last byte has left. */
void uart_drain(void);
/* The receive interrupt's handler. */
void uart_receive_isr(void);

#endif
