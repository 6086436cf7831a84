#include "player.h"
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

static uint32_t samples, crc; /* number and CRC of all samples since player_start */
static uint64_t first;        /* number of instructions until the first sample */

/* Sends `count` samples. A long hop is split into several frames. */
static void send_pcm(const int16_t *pcm, uint32_t count)
{
    static uint8_t payload[OFFSET + PART * sizeof *pcm];

    for (uint32_t sent = 0, part; sent < count; sent += part) {
        part = count - sent < PART ? count - sent : PART;
        memcpy(put32(payload, samples + sent), pcm + sent, part * sizeof *pcm);
        link_send(CONSOLE_PCM, payload, (uint16_t)(OFFSET + part * sizeof *pcm));
    }
}

void player_start(bool trace)
{
    counter_start();
    trace_start(trace);
    samples = crc = 0;
    first = 0;
}

bool player_speak(const uint8_t *ids, uint32_t count, uint32_t seed)
{
    static int16_t pcm[SPEECH_HOP];
    uint32_t n;

    if (!speech_begin(ids, count, seed))
        return false;
    while ((n = speech_next(pcm)) != 0) {
        counter_pause();
        if (samples == 0)
            first = counter_instructions();
        crc = crc32(crc, pcm, n * sizeof pcm[0]);
        send_pcm(pcm, n);
        samples += n;
        counter_resume();
    }
    return true;
}

void player_done(void)
{
    counter_pause();
    trace_finish();
    console_done(samples, crc, counter_instructions(), first);
}
