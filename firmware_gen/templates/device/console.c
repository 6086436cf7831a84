#include "console.h"
#include "identity.h"
#include "lines.h"
#include "parts.h"
#include "startup.h"
#include "trace_device.h"
#if HAS_CHIP_STATE
#include "chip_state.h"
#endif

#include <stdbool.h>
#include <string.h>

static uint64_t last_instructions, last_first;

void console_ok(void)
{
    link_send(CONSOLE_OK, NULL, 0);
}

void console_error(enum console_fault fault)
{
    static const char text[][24] = {
        [FAULT_TYPE] = "unknown message type",      [FAULT_LENGTH] = "wrong length",
        [FAULT_ARGUMENT] = "argument out of range", [FAULT_BUSY] = "busy",
        [FAULT_ABSENT] = "not in this firmware",    [FAULT_FLASH] = "flash refuses",
        [FAULT_VERIFY] = "image does not verify",
    };
    uint8_t payload[1 + sizeof text[0]] = {(uint8_t)fault};
    size_t length = 0;

    while (text[fault][length])
        length++;
    memcpy(payload + 1, text[fault], length);
    link_send(CONSOLE_ERROR, payload, (uint16_t)(1 + length));
}

void console_done(bool stopped, uint32_t samples, uint32_t pcm_crc, uint64_t instructions, uint64_t first)
{
    uint8_t payload[17] = {stopped};

    last_instructions = instructions;
    last_first = first;
    put32(put32(put32(put32(payload + 1, samples), pcm_crc), (uint32_t)instructions), (uint32_t)(instructions >> 32));
    link_send(CONSOLE_DONE, payload, sizeof payload);
}

static void stats(void)
{
    /* five keys of up to 14 characters and five values of up to 20 */
#if HAS_CHIP_STATE
    static char lines[180 + CHIP_STATE_BYTES];
#else
    static char lines[180];
#endif
    char *end = lines;

    end = put_line(end, "instructions=", last_instructions);
    end = put_line(end, "first_sample=", last_first);
    end = put_line(end, "stack_bytes=", stack_used());
    end = put_line(end, "stack_size=", stack_size());
    end = put_line(end, "arena_bytes=", arena_bytes);
#if HAS_CHIP_STATE
    end = chip_state_stats(end);
#endif
    link_send(CONSOLE_STATS_LINES, lines, (uint16_t)(end - lines));
}

static void banner(void)
{
#if HAS_CHIP_STATE
    static char lines[LINK_PAYLOAD];

    memcpy(lines, identity, identity_length);
    link_send(CONSOLE_BANNER, lines, (uint16_t)(chip_state_banner(lines + identity_length) - lines));
#else
    link_send(CONSOLE_BANNER, identity, identity_length);
#endif
}

/* Handles requests that belong to the console itself. Returns false for all other requests. */
static bool answer(const struct message *message)
{
    const uint8_t *p = message->payload;

    switch (message->type) {
    case CONSOLE_HELLO:
    case CONSOLE_STATS:
    case CONSOLE_BOOT:
        if (message->length != 0) {
            console_error(FAULT_LENGTH);
        } else if (message->type == CONSOLE_HELLO) {
            banner();
        } else if (message->type == CONSOLE_STATS) {
            stats();
        } else {
            console_ok();
#if HAS_CHIP_STATE
            chip_state_boot();
#else
            reset_system();
#endif
        }
        return true;
    case CONSOLE_DUMP:
        if (message->length != 7) {
            console_error(FAULT_LENGTH);
        } else {
            trace_ask(p[0], (uint16_t)get16(p + 1), get32(p + 3));
            console_ok();
        }
        return true;
    default:
        return false;
    }
}

/* Dispatches a message to its service. Returns false if no service handles it. */
static bool serve(const struct message *message, const struct console_service *services, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (services[i].first <= message->type && message->type <= services[i].last) {
            services[i].answer(message);
            return true;
        }
    }
    return false;
}

void console_serve(const struct console_service *services, size_t count)
{
    banner();
    for (;;) {
        struct message message = link_receive();

        if (!answer(&message) && !serve(&message, services, count))
            console_error(FAULT_TYPE);
    }
}
