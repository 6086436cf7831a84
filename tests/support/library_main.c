/* library_main SEED CALLS: makes CALLS random calls of the interfaces of two voices (three contexts) and of a graph, and checks
   what is documented. Prints a line for each utterance that was read whole with unchanged prosody: voice, first id, number of
   ids, seed, samples, CRC-32. */
#include "one.h"
#include "two.h"
#include "net.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTEXTS = 3, ROOM = 700 };

static uint32_t state;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % below;
}

static uint32_t crc32(uint32_t crc, const void *data, size_t bytes)
{
    const uint8_t *p = data;

    crc = ~crc;
    while (bytes--) {
        crc ^= *p++;
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static void fail(const char *what)
{
    fprintf(stderr, "%s\n", what);
    exit(3);
}

/* What is known about a context. */
struct utterance {
    uint8_t ids[ROOM];
    uint32_t count, seed, samples, crc, estimate;
    struct ticktalk_prosody set; /* the last setting */
    bool active, plain;          /* plain: neutral prosody from beginning to end */
    int32_t word;                /* the last mark's; -1 before the first */
    uint32_t mark;
};

static bool neutral(struct ticktalk_prosody p)
{
    return p.rate == TICKTALK_ONE && p.pitch == 0 && p.volume == TICKTALK_ONE;
}

#define DRIVE(voice, NAME, number)                                                                                     \
    static void drive_##voice(struct voice *v, struct utterance *u)                                                    \
    {                                                                                                                  \
        int16_t pcm[3 * NAME##_HOP + 1];                                                                               \
        struct ticktalk_mark mark;                                                                                     \
        struct ticktalk_prosody p;                                                                                     \
        enum ticktalk_result result;                                                                                   \
        uint8_t ids[ROOM];                                                                                             \
        uint32_t count, bad, seed;                                                                                     \
        size_t wanted, got;                                                                                            \
                                                                                                                       \
        switch (draw(40)) {                                                                                            \
        case 0:                                                                                                        \
            count = draw(8) ? 1 + draw(30) : draw(ROOM);                                                               \
            bad = draw(10) == 0;                                                                                       \
            seed = draw(1000);                                                                                         \
            for (uint32_t i = 0; i < count; i++)                                                                       \
                ids[i] = (uint8_t)draw(NAME##_IDS);                                                                    \
            if (bad && count)                                                                                          \
                ids[draw(count)] = NAME##_IDS;                                                                         \
            result = voice##_begin(v, ids, count, seed);                                                               \
            if (result                                                                                                 \
                != (count < 1                 ? TICKTALK_EMPTY                                                         \
                    : count > NAME##_MAX_IDS  ? TICKTALK_TOO_LONG                                                      \
                    : bad && NAME##_IDS < 256 ? TICKTALK_UNKNOWN_ID                                                    \
                                              : TICKTALK_OK))                                                          \
                fail(#voice ": wrong result of begin");                                                                \
            if (result == TICKTALK_OK) {                                                                               \
                memcpy(u->ids, ids, count);                                                                            \
                u->count = count;                                                                                      \
                u->seed = seed;                                                                                        \
                u->samples = u->crc = u->mark = 0;                                                                     \
                u->word = -1;                                                                                          \
                u->active = true;                                                                                      \
                u->plain = neutral(u->set);                                                                            \
                u->estimate = voice##_estimate(count, u->set.rate);                                                    \
            }                                                                                                          \
            break;                                                                                                     \
        case 1:                                                                                                        \
            p = (struct ticktalk_prosody){(int32_t)draw(700), (int32_t)draw(30) - 15, (int32_t)draw(600)};             \
            if (draw(2))                                                                                               \
                p = (struct ticktalk_prosody){TICKTALK_ONE, 0, TICKTALK_ONE};                                          \
            result = voice##_set(v, p);                                                                                \
            if ((result == TICKTALK_OK)                                                                                \
                != (p.rate >= 128 && p.rate <= 512 && p.pitch >= -12 && p.pitch <= 12 && p.volume >= 0                 \
                    && p.volume <= 512))                                                                               \
                fail(#voice ": wrong result of set");                                                                  \
            if (result == TICKTALK_OK) {                                                                               \
                u->set = p;                                                                                            \
                u->plain &= neutral(p);                                                                                \
            }                                                                                                          \
            break;                                                                                                     \
        case 2:                                                                                                        \
            if (draw(10) == 0) {                                                                                       \
                voice##_stop(v);                                                                                       \
                if (!voice##_drained(v) || voice##_read(v, pcm, NAME##_HOP) || voice##_left(v))                        \
                    fail(#voice ": speaks after stop");                                                                \
                u->active = false;                                                                                     \
            }                                                                                                          \
            break;                                                                                                     \
        case 3:                                                                                                        \
            while (voice##_mark(v, &mark)) {                                                                           \
                if ((int32_t)mark.word <= u->word || mark.sample < u->mark || mark.sample >= u->samples)               \
                    fail(#voice ": marks out of order");                                                               \
                u->word = (int32_t)mark.word;                                                                          \
                u->mark = mark.sample;                                                                                 \
            }                                                                                                          \
            break;                                                                                                     \
        default:                                                                                                       \
            wanted = draw(3) ? draw(3 * NAME##_HOP + 1) : NAME##_HOP;                                                  \
            memset(pcm, 0x55, sizeof pcm);                                                                             \
            got = voice##_read(v, pcm, wanted);                                                                        \
            if (got > wanted || pcm[got] != 0x5555)                                                                    \
                fail(#voice ": read too much");                                                                        \
            u->crc = crc32(u->crc, pcm, got * sizeof pcm[0]);                                                          \
            u->samples += (uint32_t)got;                                                                               \
            if (u->active && voice##_drained(v)) {                                                                     \
                u->active = false;                                                                                     \
                if (u->samples % NAME##_HOP)                                                                           \
                    fail(#voice ": part of a hop");                                                                    \
                if (u->plain) {                                                                                        \
                    printf("%d %u %u %u %u", number, (unsigned)u->seed, (unsigned)u->samples, (unsigned)u->crc,        \
                           (unsigned)u->estimate);                                                                     \
                    for (uint32_t i = 0; i < u->count; i++)                                                            \
                        printf(" %u", u->ids[i]);                                                                      \
                    printf("\n");                                                                                      \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }

DRIVE(one, ONE, 1)
DRIVE(two, TWO, 2)

int main(int argc, char **argv)
{
    static struct one a, b;
    static struct two c;
    static struct net net;
    static struct utterance known[CONTEXTS];
    static int8_t input[NET_INPUT_0_BYTES], output[NET_OUTPUT_0_BYTES];
    uint32_t calls = argc == 3 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;

    if (argc != 3)
        return 2;
    state = (uint32_t)strtoul(argv[1], NULL, 10) | 1;
    for (uint32_t i = 0; i < sizeof input; i++)
        input[i] = (int8_t)draw(256);
    memcpy(net_input_0(&net), input, sizeof input);
    net_invoke(&net);
    memcpy(output, net_output_0(&net), sizeof output);
    one_init(&a);
    one_init(&b);
    two_init(&c);
    for (int i = 0; i < CONTEXTS; i++)
        known[i].set = (struct ticktalk_prosody){TICKTALK_ONE, 0, TICKTALK_ONE};
    for (uint32_t i = 0; i < calls; i++)
        switch (draw(12)) {
        case 0:
            memcpy(net_input_0(&net), input, sizeof input);
            net_invoke(&net);
            if (memcmp(output, net_output_0(&net), sizeof output))
                fail("net: another output");
            break;
        case 1:
        case 2:
        case 3:
        case 4:
            drive_one(&a, &known[0]);
            break;
        case 5:
        case 6:
        case 7:
        case 8:
            drive_one(&b, &known[1]);
            break;
        default:
            drive_two(&c, &known[2]);
        }
    return 0;
}
