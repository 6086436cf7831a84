/* library_main SEED CALLS: makes CALLS random calls of the interfaces of two voices (three contexts) and of a graph,
   and checks the documented behaviour. Prints a line for every utterance, text or phrase that was read completely with
   unchanged prosody: voice, kind (enum kind), number of the text or phrase, seed, samples, CRC-32, and for ids an
   estimate and the ids, otherwise the report. */
#include "one.h"
#include "two.h"
#include "net.h"
#include "one_phrases.h"
#include "two_phrases.h"
#include "texts.h" /* static const struct { const char *bytes; size_t size; } texts[] */

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

enum kind { IDS, TEXT, MARKUP, PHRASE };

/* The expected state of a context. */
struct utterance {
    enum kind kind;
    uint32_t which;         /* number of the text or phrase */
    char *memory;           /* the part of the text that is in memory, in a block of exactly that size */
    const char *rest, *end; /* the part that a callback supplies */
    uint32_t callbacks;     /* number of utterances reported by a callback */
    uint32_t stop_at;       /* the callback that ends the speech */
    uint8_t ids[ROOM];
    uint32_t count, seed, samples, crc, estimate;
    struct ticktalk_prosody set; /* the last setting */
    bool active, plain;          /* plain: whether the prosody was neutral from beginning to end */
    int32_t word;                /* word of the last mark; -1 before the first mark */
    uint32_t mark;
};

static bool neutral(struct ticktalk_prosody p)
{
    return p.rate == TICKTALK_ONE && p.pitch == 0 && p.volume == TICKTALK_ONE && p.expression == TICKTALK_ONE
           && p.speaker == 0 && p.whisper == 0;
}

#define DRIVE(voice, NAME, number)                                                                                     \
    static struct voice *calling_##voice;                                                                              \
                                                                                                                       \
    static int byte_##voice(void *user)                                                                                \
    {                                                                                                                  \
        struct utterance *u = user;                                                                                    \
                                                                                                                       \
        return u->rest == u->end ? -1 : (uint8_t)*u->rest++;                                                           \
    }                                                                                                                  \
                                                                                                                       \
    static void begun_##voice(void *user, const uint8_t *ids, size_t count, uint32_t seed)                             \
    {                                                                                                                  \
        struct utterance *u = user;                                                                                    \
                                                                                                                       \
        if (count < 3 || count > NAME##_MAX_IDS || ids[0] != ids[count - 1] || seed != u->seed + u->callbacks)         \
            fail(#voice ": wrong utterance");                                                                          \
        if (++u->callbacks == u->stop_at)                                                                              \
            voice##_stop(calling_##voice);                                                                             \
    }                                                                                                                  \
                                                                                                                       \
    /* Begins a text or a phrase. Returns false if the library refuses, in which case the earlier speech continues. */ \
    static bool begin_other_##voice(struct voice *v, struct utterance *u)                                              \
    {                                                                                                                  \
        const uint32_t text = draw(sizeof texts / sizeof texts[0]), split = draw((uint32_t)texts[text].size + 1);      \
        const struct voice##_text_options options = {                                                                  \
            .markup = voice##_text_markup, .byte = byte_##voice, .utterance = begun_##voice, .user = u};               \
        char *memory;                                                                                                  \
                                                                                                                       \
        u->kind = (enum kind)(1 + draw(3));                                                                            \
        u->seed = 1, u->callbacks = u->stop_at = 0;                                                                    \
        if (u->kind == PHRASE) {                                                                                       \
            u->which = draw(NAME##_PHRASES);                                                                           \
            if (voice##_begin_phrase(v, &voice##_phrases[u->which]) != TICKTALK_OK)                                    \
                fail(#voice ": refuses a phrase");                                                                     \
            return true;                                                                                               \
        }                                                                                                              \
        u->which = text;                                                                                               \
        if (u->kind == TEXT) {                                                                                         \
            memory = malloc(texts[text].size + !texts[text].size);                                                     \
            memcpy(memory, texts[text].bytes, texts[text].size);                                                       \
            if ((voice##_begin_text(v, memory, texts[text].size) == TICKTALK_OK) != (texts[text].size > 0))            \
                fail(#voice ": wrong result of begin_text");                                                           \
            if (!texts[text].size) {                                                                                   \
                free(memory);                                                                                          \
                return false;                                                                                          \
            }                                                                                                          \
        } else {                                                                                                       \
            memory = malloc(split + !split);                                                                           \
            memcpy(memory, texts[text].bytes, split);                                                                  \
            u->rest = texts[text].bytes + split, u->end = texts[text].bytes + texts[text].size;                        \
            u->seed = draw(1000);                                                                                      \
            u->stop_at = draw(4) ? 0 : 1 + draw(2);                                                                    \
            if (voice##_begin_text_with(v, memory, split, u->seed, &options) != TICKTALK_OK)                           \
                fail(#voice ": refuses a text");                                                                       \
        }                                                                                                              \
        free(u->memory); /* the earlier text has ended */                                                              \
        u->memory = memory;                                                                                            \
        return true;                                                                                                   \
    }                                                                                                                  \
                                                                                                                       \
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
            if (u->active && u->kind != IDS && draw(8))                                                                \
                break;                                                                                                 \
            if (draw(2)) {                                                                                             \
                const struct utterance earlier = *u;                                                                   \
                                                                                                                       \
                if (!begin_other_##voice(v, u)) {                                                                      \
                    *u = earlier;                                                                                      \
                    break;                                                                                             \
                }                                                                                                      \
                u->samples = u->crc = u->mark = 0;                                                                     \
                u->word = -1;                                                                                          \
                u->active = true;                                                                                      \
                u->plain = neutral(u->set);                                                                            \
                break;                                                                                                 \
            }                                                                                                          \
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
                u->kind = IDS;                                                                                         \
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
            p = (struct ticktalk_prosody){(int32_t)draw(700),                                                          \
                                          (int32_t)draw(30) - 15,                                                      \
                                          (int32_t)draw(600),                                                          \
                                          (int32_t)draw(600) - 20,                                                     \
                                          (int32_t)draw(NAME##_SPEAKERS + 2) - 1,                                      \
                                          (int32_t)draw(4) - 1};                                                       \
            if (draw(2))                                                                                               \
                p = (struct ticktalk_prosody){TICKTALK_ONE, 0, TICKTALK_ONE, TICKTALK_ONE, 0, 0};                      \
            result = voice##_set(v, p);                                                                                \
            if ((result == TICKTALK_OK)                                                                                \
                != (p.rate >= 128 && p.rate <= 512 && p.pitch >= -12 && p.pitch <= 12 && p.volume >= 0                 \
                    && p.volume <= 512 && p.expression >= 0 && p.expression <= 512 && p.speaker >= 0                   \
                    && p.speaker < NAME##_SPEAKERS && (p.whisper == 0 || p.whisper == 1)))                             \
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
            if (voice##_left(v) > 1u << 30 || (voice##_left(v) && voice##_drained(v)))                                 \
                fail(#voice ": wrong number of samples left");                                                         \
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
            calling_##voice = v;                                                                                       \
            got = voice##_read(v, pcm, wanted);                                                                        \
            if (got > wanted || pcm[got] != 0x5555)                                                                    \
                fail(#voice ": read too much");                                                                        \
            u->crc = crc32(u->crc, pcm, got * sizeof pcm[0]);                                                          \
            u->samples += (uint32_t)got;                                                                               \
            if (u->active && voice##_drained(v)) {                                                                     \
                const struct ticktalk_report report = voice##_report(v);                                               \
                                                                                                                       \
                u->active = false;                                                                                     \
                if (u->samples % NAME##_HOP && u->kind != MARKUP)                                                      \
                    fail(#voice ": part of a hop");                                                                    \
                if (u->kind == MARKUP && report.utterances != u->callbacks)                                            \
                    fail(#voice ": wrong report");                                                                     \
                if (u->plain && !(u->stop_at && u->callbacks >= u->stop_at)) {                                         \
                    printf("%d %d %u %u %u %u", number, u->kind, (unsigned)u->which, (unsigned)u->seed,                \
                           (unsigned)u->samples, (unsigned)u->crc);                                                    \
                    if (u->kind != IDS)                                                                                \
                        printf(" %u %u", (unsigned)report.utterances, (unsigned)report.unnamed);                       \
                    else                                                                                               \
                        printf(" %u", (unsigned)u->estimate);                                                          \
                    for (uint32_t i = 0; u->kind == IDS && i < u->count; i++)                                          \
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
        known[i].set = (struct ticktalk_prosody){TICKTALK_ONE, 0, TICKTALK_ONE, TICKTALK_ONE, 0, 0};
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
    for (int i = 0; i < CONTEXTS; i++)
        free(known[i].memory);
    return 0;
}
