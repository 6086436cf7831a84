/* SPEAK receives phoneme ids and sends PCM as it is computed. PROSODY sets rate, pitch and volume. */
#include "application.h"
#include "console.h"
#include "counter.h"
#include "crc.h"
#include "speech.h"
#include "trace_device.h"

#include <string.h>

/* A console frame contains PART samples. MOST is the maximum number that fits after the offset. */
enum {
    OFFSET = 4,
    MOST = (LINK_PAYLOAD - OFFSET) / 2,
    PART = SPEECH_HOP < MOST ? SPEECH_HOP : MOST,
};

/* Sends `count` samples. `offset` is the index of the first one in the utterance. A long hop is split into several
   frames. */
static void send_pcm(uint32_t offset, const int16_t *pcm, uint32_t count)
{
    static uint8_t payload[OFFSET + PART * sizeof *pcm];

    for (uint32_t sent = 0, part; sent < count; sent += part) {
        part = count - sent < PART ? count - sent : PART;
        memcpy(put32(payload, offset + sent), pcm + sent, part * sizeof *pcm);
        link_send(CONSOLE_PCM, payload, (uint16_t)(OFFSET + part * sizeof *pcm));
    }
}

static void speak(const uint8_t *ids, uint32_t count, uint32_t seed, bool trace)
{
    static int16_t pcm[SPEECH_HOP];
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
        send_pcm(samples, pcm, n);
        samples += n;
        counter_resume();
    }
    counter_pause();
    trace_finish();
    console_done(samples, crc, counter_instructions(), first);
}

static void set_prosody(struct prosody prosody)
{
    if (prosody_set(prosody))
        console_ok();
    else
        console_error(FAULT_ARGUMENT);
}

void application_message(const struct message *message)
{
    const uint8_t *p = message->payload;

    switch (message->type) {
    case CONSOLE_SPEAK:
        if (message->length < 5)
            console_error(FAULT_LENGTH);
        else if (p[0] > 1)
            console_error(FAULT_ARGUMENT);
        else
            speak(p + 5, message->length - 5u, get32(p + 1), p[0] & 1);
        break;
    case CONSOLE_PROSODY:
        if (message->length != 5)
            console_error(FAULT_LENGTH);
        else
            set_prosody((struct prosody){(int32_t)get16(p), (int8_t)p[2], (int32_t)get16(p + 3)});
        break;
    default:
        console_error(FAULT_ABSENT);
    }
}
