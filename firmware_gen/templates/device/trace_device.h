/* The trace as the console sends it: a checksum a tensor, and the bytes of one that was asked for. */
#ifndef TRACE_DEVICE_H
#define TRACE_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of this tensor go out during the next utterance or run. */
void trace_ask(uint8_t graph, uint16_t tensor, uint32_t invocation);
/* Before and after an utterance or run. */
void trace_start(bool checksums);
void trace_finish(void);

#endif
