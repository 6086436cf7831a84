/* Shared by the tests' main programs: run_cases runs the cases and writes raw traces. */
#ifndef HARNESS_H
#define HARNESS_H

#include <stdint.h>

void run_cases(void);
void tt_trace(int32_t graph, int32_t tensor, const void *data, uint32_t bytes);

#endif
