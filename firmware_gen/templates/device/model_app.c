/* WRITE, RUN and READ: write a model's inputs, run it and read its outputs. */
#include "application.h"
#include "console.h"
#include "counter.h"
#include "model_io.h"
#include "trace_device.h"

#include <string.h>

static void run(bool trace)
{
    counter_start();
    trace_start(trace);
    model_run();
    counter_pause();
    trace_finish();
    console_done(0, 0, counter_instructions(), 0);
}

/* Returns the tensor's bytes [offset, offset + bytes), or NULL if the tensor does not exist or is too short. */
static uint8_t *part(struct model_tensor tensor, uint32_t offset, uint32_t bytes)
{
    if (!tensor.data || offset > tensor.bytes || bytes > tensor.bytes - offset)
        return NULL;
    return (uint8_t *)tensor.data + offset;
}

static void write(uint32_t index, uint32_t offset, const uint8_t *data, uint32_t bytes)
{
    uint8_t *to = part(model_input(index), offset, bytes);

    if (!to) {
        console_error(FAULT_ARGUMENT);
        return;
    }
    memcpy(to, data, bytes);
    console_ok();
}

static void read(uint32_t index, uint32_t offset, uint32_t bytes)
{
    static uint8_t payload[LINK_PAYLOAD];
    const uint8_t *from = part(model_output(index), offset, bytes);

    if (!from || bytes > sizeof payload - 4) {
        console_error(FAULT_ARGUMENT);
        return;
    }
    memcpy(put32(payload, offset), from, bytes);
    link_send(CONSOLE_DATA, payload, (uint16_t)(4 + bytes));
}

void application_message(const struct message *message)
{
    const uint8_t *p = message->payload;

    switch (message->type) {
    case CONSOLE_RUN:
        if (message->length != 1)
            console_error(FAULT_LENGTH);
        else if (p[0] > 1)
            console_error(FAULT_ARGUMENT);
        else
            run(p[0] & 1);
        break;
    case CONSOLE_WRITE:
        if (message->length < 5)
            console_error(FAULT_LENGTH);
        else
            write(p[0], get32(p + 1), p + 5, message->length - 5u);
        break;
    case CONSOLE_READ:
        if (message->length != 7)
            console_error(FAULT_LENGTH);
        else
            read(p[0], get32(p + 1), get16(p + 5));
        break;
    default:
        console_error(FAULT_ABSENT);
    }
}
