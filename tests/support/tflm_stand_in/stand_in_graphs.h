/* A test may define this function, which then computes the graphs for the interpreter. `model` is a flatbuffer. Returns
   the tensor, or NULL. STAND_IN_START gives variables their initial values. */
#pragma once

#include <stddef.h>

enum { STAND_IN_INPUT, STAND_IN_OUTPUT, STAND_IN_RUN, STAND_IN_START };

#ifdef __cplusplus
extern "C" {
#endif

__attribute__((weak)) void *stand_in_graph(const void *model, int what, size_t index);

#ifdef __cplusplus
}
#endif
