/* Writes every traced tensor to the file named by the environment variable TT_TRACE, as little-endian records:
   graph u8 | tensor u16 | invocation u32 | size u32 | data. */
#include "trace.h"

#include <stdio.h>
#include <stdlib.h>

static uint32_t current;

void trace_invocation(uint32_t invocation)
{
    current = invocation;
}

static void put(uint32_t value, int bytes, FILE *file)
{
    for (; bytes--; value >>= 8)
        putc((int)(value & 255), file);
}

void tt_trace(int32_t graph, int32_t tensor, const void *data, uint32_t bytes)
{
    static FILE *file;
    const char *name = getenv("TT_TRACE");

    if (!name || bytes == 0)
        return;
    if (!file && !(file = fopen(name, "wb"))) {
        perror(name);
        exit(1);
    }
    put((uint32_t)graph, 1, file);
    put((uint32_t)tensor, 2, file);
    put(current, 4, file);
    put(bytes, 4, file);
    if (fwrite(data, 1, bytes, file) != bytes) {
        perror(name);
        exit(1);
    }
}
