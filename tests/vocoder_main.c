/* vocoder_main SEED FRAMES < heads > pcm: the utterance twice, from the same start. Heads of a frame: pitch, voicing,
   harmonic, rotation, noise, free, free_cos, free_sin. */
#include "vocoder.h"

#include <stdio.h>
#include <stdlib.h>

enum { PITCHES = VOCODER_PITCHES, BINS = VOCODER_BINS, ROW = PITCHES + 1 + 6 * BINS };

int main(int argc, char **argv)
{
    static int16_t pcm[VOCODER_HOP];
    size_t frames = argc == 3 ? strtoul(argv[2], NULL, 10) : 0, samples;
    int8_t *heads = malloc(frames * ROW + 1);

    if (argc != 3 || heads == NULL || fread(heads, ROW, frames, stdin) != frames)
        return 2;
    for (int time = 0; time < 2; time++) {
        vocoder_reset((uint32_t)strtoul(argv[1], NULL, 10));
        for (size_t i = 0; i < frames; i++) {
            const int8_t *row = heads + i * ROW, *bins = row + PITCHES + 1;
            struct vocoder_frame frame = {
                .pitch = row, .voicing = row + PITCHES, .harmonic = bins, .rotation = bins + BINS, .noise = bins + 2 * BINS,
                .free = bins + 3 * BINS, .free_cos = bins + 4 * BINS, .free_sin = bins + 5 * BINS,
            };
            samples = vocoder_push(&frame, pcm);
            fwrite(pcm, sizeof pcm[0], samples, stdout);
        }
        while ((samples = vocoder_flush(pcm)) != 0)
            fwrite(pcm, sizeof pcm[0], samples, stdout);
        if (vocoder_flush(pcm) != 0)
            return 3;
    }
    free(heads);
    return 0;
}
