/* The trace that `ticktalk verify` compares: every tensor, right after an operator has written it. */
#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>

/* Sets the number of the next invocation (in a streaming graph, of the next tick), counted from 0 for each graph.
   Generated code calls it as TRACE_INVOCATION, which is empty without TT_TRACE. */
void trace_invocation(uint32_t invocation);

#ifdef TT_TRACE
#define TRACE_INVOCATION(invocation) trace_invocation(invocation)
#else
#define TRACE_INVOCATION(invocation) ((void)(invocation))
#endif

/* Graphs built with TT_TRACE call this when an operator of `graph` has written `tensor`, or, in a streaming graph, these rows of
   it, which may be none. */
void tt_trace(int32_t graph, int32_t tensor, const void *data, uint32_t bytes);

#endif
