/* The functions that voice.js calls: an interface to the library with prefix `voice` that passes only numbers. All state is
   static, so an instance of the module speaks one text at a time. */
#include "voice.h"
#include "voice_text_internal.h"

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("page"), import_name(#name)))

enum { PAGE = 65536 };

extern uint8_t __heap_base[]; /* defined by the linker: the end of the module's data */

/* Called when an utterance begins. `words` points to `bytes` bytes with the words and punctuation marks of its sentence, as they are read. Each entry consists of flags (1: punctuation mark, 8: joined to the previous word), the number of letters, and the letters. A word given as phonemes has no letters. */
IMPORT(utterance) void page_utterance(const uint8_t *ids, uint32_t count, const uint8_t *words, uint32_t bytes);

static struct voice voice;
static int16_t samples[VOICE_HOP];
static struct ticktalk_mark mark;
static uint8_t shown[VOICE_TEXT_SOUNDS / 4 + 3 * VOICE_TEXT_ITEMS];

static void utterance(void *user, const uint8_t *ids, size_t count, uint32_t seed)
{
    const struct voice_text *t = &voice.reader;
    uint32_t bytes = 0;

    (void)user, (void)seed;
    for (int i = 0; i < t->spoken; i++) { /* the reader has cleared the sentence, but not yet overwritten it */
        const bool letters = !(t->flags[i] & VOICE_TEXT_PHONEMES);
        const uint32_t size = letters ? (uint32_t)(t->texts[i + 1] - t->texts[i]) : 0;

        shown[bytes++] = t->flags[i] & (VOICE_TEXT_MARK | VOICE_TEXT_JOINED);
        shown[bytes++] = (uint8_t)size;
        memcpy(shown + bytes, t->letters + t->texts[i], size);
        bytes += size;
    }
    page_utterance(ids, (uint32_t)count, shown, bytes);
}

/* Ends the speech, and returns the address of a buffer of `bytes` bytes for the next text, or 0 if there is not enough memory. */
EXPORT(room) uint8_t *room(uint32_t bytes)
{
    const uint32_t have = __builtin_wasm_memory_size(0) * PAGE - (uint32_t)(uintptr_t)__heap_base;

    voice_stop(&voice);
    if (bytes > have && __builtin_wasm_memory_grow(0, (bytes - have + PAGE - 1) / PAGE) == SIZE_MAX)
        return NULL;
    return __heap_base;
}

EXPORT(init) void init(void)
{
    voice_init(&voice);
}

/* Begins to speak the text in the buffer from `room`. */
EXPORT(begin) uint32_t begin(uint32_t bytes, uint32_t markup)
{
    const struct voice_text_options options = {.markup = markup ? voice_text_markup : NULL, .utterance = utterance};

    return voice_begin_text_with(&voice, (const char *)__heap_base, bytes, 1, &options);
}

EXPORT(set)
uint32_t set(int32_t rate, int32_t pitch, int32_t volume, int32_t expression, int32_t speaker, int32_t whisper)
{
    return voice_set(&voice, (struct ticktalk_prosody){rate, pitch, volume, expression, speaker, whisper});
}

EXPORT(read) uint32_t read(void)
{
    return (uint32_t)voice_read(&voice, samples, VOICE_HOP);
}

EXPORT(samples) int16_t *samples_address(void)
{
    return samples;
}

EXPORT(drained) uint32_t drained(void)
{
    return voice_drained(&voice);
}

EXPORT(stop) void stop(void)
{
    voice_stop(&voice);
}

/* Returns whether there is another mark, which `mark_word` and `mark_sample` then describe. */
EXPORT(next_mark) uint32_t next_mark(void)
{
    return voice_mark(&voice, &mark);
}

EXPORT(mark_word) uint32_t mark_word(void)
{
    return mark.word;
}

EXPORT(mark_sample) uint32_t mark_sample(void)
{
    return mark.sample;
}

EXPORT(left) uint32_t left(void)
{
    return voice_left(&voice);
}

EXPORT(utterances) uint32_t utterances(void)
{
    return voice_report(&voice).utterances;
}

EXPORT(unnamed) uint32_t unnamed(void)
{
    return voice_report(&voice).unnamed;
}

EXPORT(sample_rate) uint32_t sample_rate(void)
{
    return VOICE_SAMPLE_RATE;
}

EXPORT(state_bytes) uint32_t state_bytes(void)
{
    return sizeof voice;
}
