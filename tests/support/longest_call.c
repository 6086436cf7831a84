/* Reads texts with the voice "one" on an emulated Cortex-M. For each text, trace 0 is the sum of the samples, and trace
   1 holds the instructions of the longest calls that read text, compute phonemes, and compute frames. An instruction
   takes TICKS_Q8 / 256 ticks of the counter at COUNTER. */
#include "watch_kernels/harness.h"

#include <string.h>

#include "one.h"
#include "texts.h"

static uint32_t started(void)
{
    return *(volatile const uint32_t *)(uintptr_t)COUNTER;
}

static uint32_t since(uint32_t start)
{
    return (uint32_t)(((uint64_t)(started() - start) * 256) / TICKS_Q8);
}

void run_cases(void)
{
    static struct one voice;
    static int16_t pcm[ONE_HOP];

    one_init(&voice);
    for (int32_t k = 0; k < TEXTS; k++) {
        uint32_t worst[3] = {0}, sum = 0;

        one_begin_text(&voice, texts[k], strlen(texts[k]));
        while (!one_drained(&voice)) {
            const uint32_t phonemes = voice.phoneme_tick, frames = voice.frame_tick, begun = voice.begun;
            const uint32_t start = started();
            const size_t samples = one_read(&voice, pcm, ONE_HOP);
            const uint32_t took = since(start);
            const int32_t kind = voice.begun != begun         ? 0
                                 : voice.frame_tick != frames ? 2
                                                              : voice.phoneme_tick != phonemes;

            worst[kind] = took > worst[kind] ? took : worst[kind];
            for (size_t i = 0; i < samples; i++)
                sum = sum * 31 + (uint16_t)pcm[i];
        }
        tt_trace(0, k, &sum, sizeof sum);
        tt_trace(1, k, worst, sizeof worst);
    }
}
