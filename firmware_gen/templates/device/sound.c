#include "sound.h"
#include "audio.h"
#include "board.h"

#include <stdbool.h>

enum {
    QUEUE = SOUND_QUEUE, /* samples, a power of two */
    PATIENCE = 1 << 23   /* loop iterations, at least 0.1 s in all; the output takes samples every few ms */
};

static int16_t queue[QUEUE];
static volatile uint32_t written, taken; /* free-running */
static volatile enum sound_state state;
static volatile bool ending; /* an empty queue now means the end and not an underrun */
static volatile uint32_t underruns;
static uint32_t silent; /* number of buffers without samples since the end */

#if SOUND_INTERPOLATES
/* The amplifier's rate is not a multiple of the voice's rate. A frame lies `phase` / SOUND_PARTS of the way from the
   second to the third sample of the window, and the next frame lies SOUND_STEP parts later. */
enum { WINDOW = 4, BEHIND = 2, ONE = 2048 };

static int16_t window[WINDOW];
static uint32_t phase;
static uint32_t behind; /* number of zeros after the last sample */

static void rewind_samples(void)
{
    for (uint32_t i = 0; i < WINDOW; i++)
        window[i] = 0;
    phase = (WINDOW - 1) * SOUND_PARTS; /* the first three samples are due */
    behind = BEHIND;
}

/* Moves the window to the next sample. Returns false if there is no further sample. */
static bool advance(void)
{
    int16_t next = 0;

    if (taken != written) {
        next = queue[taken % QUEUE];
        taken++;
    } else if (ending && behind) {
        behind--;
    } else {
        return false;
    }
    for (uint32_t i = 1; i < WINDOW; i++)
        window[i - 1] = window[i];
    window[WINDOW - 1] = next;
    return true;
}

/* Returns a value between the two middle samples of the window, on the Catmull-Rom cubic through all four samples. */
static int32_t interpolated(void)
{
    const int32_t a = window[0], b = window[1], c = window[2], d = window[3];
    const int32_t at = (int32_t)(phase * ONE / SOUND_PARTS);
    int32_t value = (3 * (b - c) + d - a) * at / ONE;

    value = (value + 2 * a - 5 * b + 4 * c - d) * at / ONE;
    value = b + (value + c - a) * at / (2 * ONE);
    return value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value;
}

/* Writes the next frame. Returns false if there is no further frame. */
static bool next_frame(uint32_t *frame)
{
    for (; phase >= SOUND_PARTS; phase -= SOUND_PARTS) {
        if (!advance()) {
            if (ending)
                rewind_samples();
            return false;
        }
    }
    *frame = (uint16_t)interpolated() * 0x10001u;
    phase += SOUND_STEP;
    return true;
}
#else
static uint32_t repeated; /* how many times the sample at `taken` has been played */

static void rewind_samples(void)
{
    repeated = 0;
}

/* Writes the next frame. Each sample is repeated if the amplifier's rate is a multiple of the voice's rate. Returns
   false if there is no further frame. */
static bool next_frame(uint32_t *frame)
{
    if (taken == written)
        return false;
    *frame = (uint16_t)queue[taken % QUEUE] * 0x10001u;
    if (++repeated == SOUND_PARTS) {
        repeated = 0;
        taken++;
    }
    return true;
}
#endif

/* Called from the interrupt handler. */
static void fill(uint32_t *frames, uint32_t count)
{
    uint32_t i = 0;

    if (!frames) {
        audio_stop();
        state = SOUND_FAILED;
        return;
    }
    while (i < count && next_frame(frames + i))
        i++;
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
    silent = 0;
    rewind_samples();
    state = audio_start(fill) ? SOUND_PLAYING : SOUND_FAILED;
}

void sound_open(void)
{
    state = audio_open() ? SOUND_READY : SOUND_FAILED;
}

/* Waits briefly. Returns false if the output should have taken samples by now. */
static bool waits_on(uint32_t turns)
{
#ifdef SOUND_TIMEOUT_IRQ
    (void)turns;
    return audio_sleep();
#else
    return turns < PATIENCE;
#endif
}

void sound_queue(const int16_t *pcm, uint32_t count)
{
    ending = false;
    for (uint32_t i = 0; i < count && state != SOUND_FAILED; i++) {
        if (written - taken == QUEUE && state == SOUND_READY)
            start();
        for (uint32_t turns = 0; written - taken == QUEUE && state == SOUND_PLAYING; turns++) {
            if (!waits_on(turns)) {
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
