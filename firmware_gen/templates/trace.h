/* What `ticktalk verify` compares: every tensor that an operator writes, as it is written. */
#ifndef TRACE_H
#define TRACE_H

#include <stdint.h>

/* The number of the invocation that follows, counted from 0 for each graph. */
void trace_invocation(uint32_t invocation);

#endif
