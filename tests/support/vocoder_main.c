/* vocoder_main SEED FRAMES SEMITONES VOLUME EXPRESSION WHISPER < heads > pcm

   Writes the utterance twice, from the same initial state. The test writes layout.h, which describes the layout of a
   frame's heads. */
#include "vocoder.h"

#include "layout.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    static struct vocoder vocoder;
    static int16_t pcm[VOCODER_HOP];
    size_t frames = argc == 7 ? strtoul(argv[2], NULL, 10) : 0, samples;
    int8_t *heads = malloc(frames * ROW + 1);

    if (argc != 7 || heads == NULL || fread(heads, ROW, frames, stdin) != frames)
        return 2;
    const struct ticktalk_prosody prosody = {TICKTALK_ONE, atoi(argv[3]), atoi(argv[4]), atoi(argv[5]), 0,
                                             atoi(argv[6])};

    for (int time = 0; time < 2; time++) {
        vocoder_reset(&vocoder, (uint32_t)strtoul(argv[1], NULL, 10), &prosody);
        for (size_t i = 0; i < frames; i++) {
            const int8_t *row = heads + i * ROW;
            struct vocoder_frame frame = FRAME(row);
            samples = vocoder_push(&vocoder, &frame, pcm);
            fwrite(pcm, sizeof pcm[0], samples, stdout);
        }
        while ((samples = vocoder_flush(&vocoder, pcm)) != 0)
            fwrite(pcm, sizeof pcm[0], samples, stdout);
        if (vocoder_flush(&vocoder, pcm) != 0)
            return 3;
    }
    free(heads);
    return 0;
}
