/* The ring buffer of received bytes, which the drivers of all UARTs share. */
#ifndef UART_RING_H
#define UART_RING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Stores a received byte. Called by the receive interrupt. A full ring drops bytes, which the frame's checksum detects. */
void uart_received(uint8_t byte);
/* Returns the next received byte. The core sleeps until a byte is available. */
uint8_t uart_get(void);
/* Consumes the next `bytes` bytes if they have been received and equal `data`. Returns whether they were consumed. */
bool uart_take(const uint8_t *data, size_t bytes);

#endif
