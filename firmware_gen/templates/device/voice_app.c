/* SPEAK: phoneme ids in, PCM out while it is computed. */
#include "console.h"
#include "counter.h"
#include "crc.h"
#include "speech.h"
#include "trace_device.h"

#include <string.h>

static void speak(const uint8_t *ids, uint32_t count, uint32_t seed, bool trace)
{
    static int16_t pcm[SPEECH_HOP];
    static uint8_t payload[4 + sizeof pcm];
    uint32_t samples = 0, crc = 0, n;
    uint64_t first = 0;

    counter_start();
    trace_start(trace);
    if (!speech_begin(ids, count, seed)) {
        console_error(FAULT_ARGUMENT);
        return;
    }
    while ((n = speech_next(pcm)) != 0) {
        counter_pause();
        if (samples == 0)
            first = counter_instructions();
        crc = crc32(crc, pcm, n * sizeof pcm[0]);
        memcpy(put32(payload, samples), pcm, n * sizeof pcm[0]);
        link_send(CONSOLE_PCM, payload, (uint16_t)(4 + n * sizeof pcm[0]));
        samples += n;
        counter_resume();
    }
    counter_pause();
    trace_finish();
    console_done(samples, crc, counter_instructions(), first);
}

void application_message(const struct message *message)
{
    const uint8_t *p = message->payload;

    if (message->type != CONSOLE_SPEAK)
        console_error(FAULT_ABSENT);
    else if (message->length < 5)
        console_error(FAULT_LENGTH);
    else if (p[0] > 1)
        console_error(FAULT_ARGUMENT);
    else
        speak(p + 5, message->length - 5u, get32(p + 1), p[0] & 1);
}
