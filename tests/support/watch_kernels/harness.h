/* Shared by the main programs of tests. `run_cases` runs the cases, and `tt_trace` writes a raw trace. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdint.h>

void run_cases(void);
void tt_trace(int32_t graph, int32_t tensor, const void *data, uint32_t bytes);

#endif
