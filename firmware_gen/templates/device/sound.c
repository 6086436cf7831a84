#include "sound.h"
#include "audio.h"
#include "board.h"

#include <stdbool.h>

enum {
    QUEUE = SOUND_QUEUE, /* samples, a power of two */
    PATIENCE = 1 << 23   /* loop iterations, at least 0.1 s; the output takes samples every few milliseconds */
};

static int16_t queue[QUEUE];
static volatile uint32_t written, taken; /* free-running */
static volatile enum sound_state state;
static volatile bool ending; /* an empty queue now means the end and not an underrun */
static volatile uint32_t underruns;
static uint32_t repeated; /* how many times the sample at `taken` has been played */
static uint32_t silent;   /* number of buffers without samples since the end */

/* Called from the interrupt handler. A sample is repeated if the amplifier's rate is a multiple of the voice's. */
static void fill(uint32_t *frames, uint32_t count)
{
    uint32_t i;

    if (!frames) {
        audio_stop();
        state = SOUND_FAILED;
        return;
    }
    for (i = 0; i < count && taken != written; i++) {
        frames[i] = (uint16_t)queue[taken % QUEUE] * 0x10001u;
        if (++repeated == SOUND_REPEAT) {
            repeated = 0;
            taken++;
        }
    }
    silent = i ? 0 : silent + 1;
    if (i < count && !ending && state == SOUND_PLAYING)
        underruns++;
    for (; i < count; i++)
        frames[i] = 0;
    if (ending && silent > 2) { /* both buffers have been played */
        audio_stop();
        state = SOUND_READY;
    }
}

static void start(void)
{
    silent = repeated = 0;
    state = audio_start(fill) ? SOUND_PLAYING : SOUND_FAILED;
}

void sound_open(void)
{
    state = audio_open() ? SOUND_READY : SOUND_FAILED;
}

void sound_queue(const int16_t *pcm, uint32_t count)
{
    ending = false;
    for (uint32_t i = 0; i < count && state != SOUND_FAILED; i++) {
        if (written - taken == QUEUE && state == SOUND_READY)
            start();
        for (uint32_t turns = 0; written - taken == QUEUE && state == SOUND_PLAYING; turns++) {
            if (turns == PATIENCE) {
                audio_stop();
                state = SOUND_FAILED;
            }
        }
        queue[written % QUEUE] = pcm[i];
        written++;
    }
}

void sound_end(void)
{
    ending = true;
    if (state == SOUND_READY && written != taken)
        start();
}

void sound_stop(void)
{
    if (state == SOUND_PLAYING) {
        audio_stop();
        state = SOUND_READY;
    }
    taken = written;
}

enum sound_state sound_state(void)
{
    return state;
}

uint32_t sound_underruns(void)
{
    return underruns;
}
