#include "trace_device.h"
#include "counter.h"
#include "crc.h"
#include "link.h"
#include "messages.h"
#include "trace.h"

#include <string.h>

enum { ENTRY = 15, ENTRIES = LINK_PAYLOAD / ENTRY, DUMP_HEAD = 11, DUMP_BYTES = LINK_PAYLOAD - DUMP_HEAD };

static bool checksums;
static uint32_t current; /* invocation */
static uint8_t entries[ENTRIES * ENTRY];
static uint16_t used;

static struct {
    bool wanted;
    uint8_t graph;
    uint16_t tensor;
    uint32_t invocation;
} asked;

void trace_invocation(uint32_t invocation)
{
    current = invocation;
}

void trace_ask(uint8_t graph, uint16_t tensor, uint32_t invocation)
{
    asked.wanted = true;
    asked.graph = graph;
    asked.tensor = tensor;
    asked.invocation = invocation;
}

void trace_start(bool on)
{
    checksums = on;
    used = 0;
}

static void flush(void)
{
    if (used)
        link_send(CONSOLE_TRACE, entries, used);
    used = 0;
}

void trace_finish(void)
{
    flush();
    asked.wanted = false;
}

/* graph u8, tensor u16, invocation u32 */
static uint8_t *put_place(uint8_t *to, int32_t graph, int32_t tensor)
{
    *to++ = (uint8_t)graph;
    return put32(put16(to, (uint32_t)tensor), current);
}

static void send_bytes(int32_t graph, int32_t tensor, const uint8_t *data, uint32_t bytes)
{
    static uint8_t payload[LINK_PAYLOAD];

    for (uint32_t offset = 0; offset < bytes; offset += DUMP_BYTES) {
        uint32_t part = bytes - offset < DUMP_BYTES ? bytes - offset : DUMP_BYTES;

        memcpy(put32(put_place(payload, graph, tensor), offset), data + offset, part);
        link_send(CONSOLE_DUMP_DATA, payload, (uint16_t)(DUMP_HEAD + part));
    }
}

void tt_trace(int32_t graph, int32_t tensor, const void *data, uint32_t bytes)
{
    if (bytes == 0 || (!checksums && !asked.wanted)) {
        counter_sample(); /* called often enough to detect every wrap-around of the counter */
        return;
    }
    counter_pause();
    if (checksums) {
        uint8_t *entry = entries + used;

        put32(put32(put_place(entry, graph, tensor), bytes), crc32(0, data, bytes));
        used = (uint16_t)(used + ENTRY);
        if (used == sizeof entries)
            flush();
    }
    if (asked.wanted && asked.graph == graph && asked.tensor == tensor && asked.invocation == current)
        send_bytes(graph, tensor, data, bytes);
    counter_resume();
}
