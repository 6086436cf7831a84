/* Runs the vocoder on an emulated Cortex-M. The program reads heads.h and traces the samples and the duration of
   every call in ticks. An instruction takes 3.2 ticks. */
#include "watch_kernels/harness.h"

#include "vocoder.h"

#include "heads.h"
#include "layout.h"

static uint32_t ticks(void)
{
    return *(volatile const uint32_t *)(uintptr_t)0x40028018; /* FPGAIO counter, 25 MHz in emulated time */
}

void run_cases(void)
{
    static struct vocoder vocoder;
    static int16_t pcm[VOCODER_HOP];
    uint32_t start;
    size_t samples;

    vocoder_reset(&vocoder, SEED, &prosody);
    for (uint32_t i = 0; i < FRAMES; i++) {
        const int8_t *row = heads[i];
        struct vocoder_frame frame = FRAME(row);
        start = ticks();
        samples = vocoder_push(&vocoder, &frame, pcm);
        tt_trace(0, (int32_t)(ticks() - start), pcm, (uint32_t)(samples * sizeof pcm[0]));
    }
    do {
        start = ticks();
        samples = vocoder_flush(&vocoder, pcm);
        tt_trace(1, (int32_t)(ticks() - start), pcm, (uint32_t)(samples * sizeof pcm[0]));
    } while (samples != 0);
}
