/* The ring buffer of received bytes, which the drivers of all UARTs share. It provides uart_get and uart_take. */
#ifndef UART_RING_H
#define UART_RING_H

#include <stdint.h>

/* Stores a received byte. Called by the receive interrupt. A full ring drops bytes, which the frame's checksum detects. */
void uart_received(uint8_t byte);

#endif
