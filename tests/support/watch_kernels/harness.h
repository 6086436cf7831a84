/* What the tests' mains share: cases run by run_cases, their traces written raw. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdint.h>

void run_cases(void);
void tt_trace(int32_t graph, int32_t tensor, const void *data, uint32_t bytes);

#endif
