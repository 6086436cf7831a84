/* The trace sent by the console: one checksum per tensor, and the bytes of a requested tensor. */
#ifndef TRACE_DEVICE_H
#define TRACE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Requests the bytes of a tensor during the next utterance or run. */
void trace_ask(uint8_t graph, uint16_t tensor, uint32_t invocation);
/* Call these before and after an utterance or run. */
void trace_start(bool checksums);
void trace_finish(void);

#endif
