/* Tracing for `ticktalk verify`, which compares every tensor as soon as an operator has written it. */
#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>

/* Sets the index of the next invocation, or of the next tick for a streaming graph. Each graph counts from 0. Generated
   code calls the macro TRACE_INVOCATION, which expands to nothing unless TT_TRACE is defined. */
void trace_invocation(uint32_t invocation);

#ifdef TT_TRACE
#define TRACE_INVOCATION(invocation) trace_invocation(invocation)
#else
#define TRACE_INVOCATION(invocation) ((void)(invocation))
#endif

/* Called by graphs built with TT_TRACE after an operator of `graph` has written `tensor`. A streaming graph passes the
   rows written in the current tick, if any. */
void tt_trace(int32_t graph, int32_t tensor, const void *data, uint32_t bytes);

#endif
