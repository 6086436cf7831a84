/* Usage: speak [-r RATE] [-p PITCH] [-v VOLUME] SEED [ID...] > pcm speak [-r RATE] [-p PITCH] [-v VOLUME] -t SEED <
   text > pcm

   Reads phoneme ids, including both edges, from the arguments. If there are none, it reads ids separated by white space
   from standard input. With -t, it reads UTF-8 text, which requires a language pack in the project. SEED then applies
   to the first utterance. Rate and volume are in units of 1/256, and pitch is in semitones (prosody.h). Writes 16-bit
   samples in native byte order to standard output. */
#include "parts.h"
#include "speech.h"
#if HAS_TEXT
#include "utterances.h"
#endif

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t number(const char *text, int64_t least, int64_t most)
{
    char *rest;
    long long value;

    errno = 0;
    value = strtoll(text, &rest, 10);
    if (*rest || rest == text || errno || value < least || value > most) {
        fprintf(stderr, "error: '%s' is not a number of %lld to %lld\n", text, (long long)least, (long long)most);
        exit(2);
    }
    return value;
}

/* Parses the options, which precede the other arguments. Returns the number of arguments consumed. */
static int options(int argc, char **argv)
{
    struct prosody prosody = prosody_now();
    int at = 1;

    for (; at + 1 < argc && argv[at][0] == '-'; at += 2) {
        if (strcmp(argv[at], "-r") == 0)
            prosody.rate = (int32_t)number(argv[at + 1], PROSODY_SLOWEST, PROSODY_FASTEST);
        else if (strcmp(argv[at], "-p") == 0)
            prosody.pitch = (int32_t)number(argv[at + 1], PROSODY_LOWEST, PROSODY_HIGHEST);
        else if (strcmp(argv[at], "-v") == 0)
            prosody.volume = (int32_t)number(argv[at + 1], PROSODY_QUIETEST, PROSODY_LOUDEST);
        else
            break;
    }
    prosody_set(prosody);
    return at - 1;
}

/* Writes the samples of one utterance. Returns false if its ids are invalid. */
static bool speak(const uint8_t *ids, uint32_t count, uint32_t seed)
{
    static int16_t pcm[SPEECH_HOP];
    uint32_t samples;

    if (!speech_begin(ids, count, seed))
        return false;
    while ((samples = speech_next(pcm)) != 0)
        if (fwrite(pcm, sizeof pcm[0], samples, stdout) != samples) {
            perror("standard output");
            exit(1);
        }
    return true;
}

#if HAS_TEXT
static int next_byte(void *user)
{
    (void)user;
    return getchar();
}

static void speak_next(void *user, const uint8_t *ids, uint32_t count)
{
    uint32_t *seed = user;

    speak(ids, count, (*seed)++);
}
#endif

int main(int argc, char **argv)
{
    static uint8_t ids[SPEECH_LIMIT + 1]; /* one extra id, so that speech_begin can detect too many */
    static char word[16];
    uint32_t count = 0, seed;
    int taken = options(argc, argv);

    argc -= taken;
    if (argc < 2) {
        fprintf(stderr, "usage: %s [-r RATE] [-p PITCH] [-v VOLUME] SEED [ID...] > pcm\n", argv[0]);
        return 2;
    }
    argv += taken;
#if HAS_TEXT
    if (argc == 3 && strcmp(argv[1], "-t") == 0) {
        seed = (uint32_t)number(argv[2], 0, UINT32_MAX);
        utterances_read(next_byte, speak_next, &seed);
        return 0;
    }
#endif
    seed = (uint32_t)number(argv[1], 0, UINT32_MAX);
    for (int i = 2; i < argc && count <= SPEECH_LIMIT; i++)
        ids[count++] = (uint8_t)number(argv[i], 0, UINT8_MAX);
    while (argc == 2 && count <= SPEECH_LIMIT && scanf("%15s", word) == 1)
        ids[count++] = (uint8_t)number(word, 0, UINT8_MAX);
    if (!speak(ids, count, seed)) {
        fprintf(stderr, "error: needs 1 to %d phoneme ids, each below %d\n", (int)SPEECH_LIMIT, (int)VOICE_IDS);
        return 2;
    }
    return 0;
}
