/* What `ticktalk verify` compares: every tensor that an operator writes, as it is written. */
#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>

/* The number of the invocation that follows (where a graph streams, of the tick), counted from 0 for each graph.
   Without TT_TRACE nothing is called. */
#ifdef TT_TRACE
void trace_invocation(uint32_t invocation);
#else
#define trace_invocation(invocation) ((void)(invocation))
#endif

/* An operator of `graph` has written `tensor`, or, where it streams, these rows of it, which may be none; the graphs call
   this when they are built with TT_TRACE. */
void tt_trace(int32_t graph, int32_t tensor, const void *data, uint32_t bytes);

#endif
