/* speak SEED [ID...] > pcm: phoneme ids with both edges, from the arguments or, without any, one a word from the
   standard input; 16-bit samples in the byte order of the machine on the standard output. */
#include "speech.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static uint32_t number(const char *text, uint32_t limit)
{
    char *rest;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &rest, 10);
    if (*rest || rest == text || *text == '-' || errno || value > limit) {
        fprintf(stderr, "error: '%s' is not a number of 0 to %lu\n", text, (unsigned long)limit);
        exit(2);
    }
    return (uint32_t)value;
}

int main(int argc, char **argv)
{
    static uint8_t ids[SPEECH_LIMIT + 1]; /* one more, so that speech_begin sees that there are too many */
    static int16_t pcm[SPEECH_HOP];
    static char word[16];
    uint32_t count = 0, seed, samples;

    if (argc < 2) {
        fprintf(stderr, "usage: %s SEED [ID...] > pcm\n", argv[0]);
        return 2;
    }
    seed = number(argv[1], UINT32_MAX);
    for (int i = 2; i < argc && count <= SPEECH_LIMIT; i++)
        ids[count++] = (uint8_t)number(argv[i], UINT8_MAX);
    while (argc == 2 && count <= SPEECH_LIMIT && scanf("%15s", word) == 1)
        ids[count++] = (uint8_t)number(word, UINT8_MAX);
    if (!speech_begin(ids, count, seed)) {
        fprintf(stderr, "error: needs 1 to %d phoneme ids, each below %d\n", (int)SPEECH_LIMIT, (int)VOICE_IDS);
        return 2;
    }
    while ((samples = speech_next(pcm)) != 0)
        if (fwrite(pcm, sizeof pcm[0], samples, stdout) != samples) {
            perror("standard output");
            return 1;
        }
    return 0;
}
