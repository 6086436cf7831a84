/* Declarations shared by all libraries that ticktalk generates. C11 and C++11. */
#ifndef TICKTALK_H
#define TICKTALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Incremented whenever the meaning of a function, type or value changes. */
#define TICKTALK_API 1

#if defined(__BYTE_ORDER__) && defined(__ORDER_BIG_ENDIAN__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "ticktalk's generated code needs a little-endian machine"
#endif

#ifdef __cplusplus
#define TICKTALK_ALIGN(bytes) alignas(bytes)
#else
#define TICKTALK_ALIGN(bytes) _Alignas(bytes)
#endif

/* Results of functions that can fail. */
enum ticktalk_result {
    TICKTALK_OK,
    TICKTALK_EMPTY,       /* there is nothing to speak */
    TICKTALK_TOO_LONG,    /* more phoneme ids than the voice allows per utterance */
    TICKTALK_UNKNOWN_ID,  /* a phoneme id that the voice does not have */
    TICKTALK_RANGE,       /* the rate, pitch, volume, expression, speaker or whisper is out of range */
    TICKTALK_BAD_WEIGHTS, /* the weights are missing, damaged, not aligned, or belong to another library */
};

/* Returns a short description of a result. */
static inline const char *ticktalk_result_name(enum ticktalk_result result)
{
    switch (result) {
    case TICKTALK_OK:
        return "ok";
    case TICKTALK_EMPTY:
        return "nothing to speak";
    case TICKTALK_TOO_LONG:
        return "too many phoneme ids";
    case TICKTALK_UNKNOWN_ID:
        return "unknown phoneme id";
    case TICKTALK_RANGE:
        return "rate, pitch, volume, expression, speaker or whisper out of range";
    case TICKTALK_BAD_WEIGHTS:
        return "weights missing, damaged, not aligned or of another library";
    default:
        return "unknown result";
    }
}

/* How to speak. */
struct ticktalk_prosody {
    int32_t rate;   /* speed in units of 1/256, from TICKTALK_RATE_MIN (half) to TICKTALK_RATE_MAX (double) */
    int32_t pitch;  /* shift in semitones, from TICKTALK_PITCH_MIN to TICKTALK_PITCH_MAX */
    int32_t volume; /* gain in units of 1/256, from TICKTALK_VOLUME_MIN to TICKTALK_VOLUME_MAX; the result is limited */
    int32_t expression; /* factor of the melody in units of 1/256, from TICKTALK_EXPRESSION_MIN (monotone) to
                           TICKTALK_EXPRESSION_MAX (twice as lively); TICKTALK_ONE leaves it unchanged */
    int32_t speaker;    /* from 0 to the number of the voice's speakers - 1, and 0 if it has only one */
    int32_t whisper;    /* 1 if the voice whispers, otherwise 0 */
};

enum {
    TICKTALK_ONE = 256, /* rate, volume and expression 1.0 */
    TICKTALK_RATE_MIN = 128,
    TICKTALK_RATE_MAX = 512,
    TICKTALK_PITCH_MIN = -12,
    TICKTALK_PITCH_MAX = 12,
    TICKTALK_VOLUME_MIN = 0,
    TICKTALK_VOLUME_MAX = 512,
    TICKTALK_EXPRESSION_MIN = 0,
    TICKTALK_EXPRESSION_MAX = 512,
};

/* The start of a word: word number `word` begins at sample number `sample`. Words and samples are counted from 0. */
struct ticktalk_mark {
    uint32_t word;
    uint32_t sample;
};

/* One utterance of a phrase: ids with both edges. */
struct ticktalk_phrase_part {
    const uint8_t *ids;
    uint16_t count;
};

/* A phrase: fixed words, compiled to ids on a computer. */
struct ticktalk_phrase {
    const struct ticktalk_phrase_part *parts;
    uint16_t count;
};

/* A word and its pronunciation. `spelling` consists of up to 32 printable ASCII characters. A lower-case letter also
   matches the corresponding capital, whereas a capital matches only itself. `phonemes` is UTF-8 and consists of up to
   96 phonemes of the language pack. */
struct ticktalk_word {
    const char *spelling, *phonemes;
};

/* Statistics of the text or phrase read so far. */
struct ticktalk_report {
    uint32_t utterances; /* number of utterances begun; 0 if there was nothing to speak */
    uint32_t unnamed;    /* number of non-ASCII characters that were read only as the name of their kind or script */
};

struct ticktalk_complex {
    int32_t re, im;
};

#endif
