/* Converts UTF-8 text to phoneme numbers, one sentence at a time and in small steps. Uses neither a heap nor recursion.
   The text may have any length. In templates, `tx` stands for the prefix of the generated files. */
#ifndef TX_H
#define TX_H
#include <stddef.h>
#include <stdint.h>

#include "text_sizes.h"
#include "ticktalk.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TX_WINDOW 832  /* size of the window in folded characters */
#define TX_AHEAD 640   /* minimum number of characters to look ahead, except near the end of the text */
#define TX_ITEMS 96    /* maximum number of words and marks per sentence */
#define TX_SOUNDS 1216 /* maximum number of phonemes per sentence, not counting spaces */
#define TX_LETTERS 32  /* maximum number of letters per word */
#define TX_RUN 160     /* maximum number of consecutive characters other than white space */

struct tx;

/* Options of a text. A zeroed struct means none. The words must remain valid until the end of the text. */
struct tx_options {
    const struct ticktalk_word *words; /* take precedence over words compiled into the firmware and over the lexicon */
    uint16_t word_count;
    int (*markup)(struct tx *, int, int *); /* tx_markup to interpret markup, NULL to read it as text */
    int (*byte)(void *user);                /* returns the next byte after the text in memory, or -1 at the end */
    void (*utterance)(void *user, const uint8_t *ids, size_t count,
                      uint32_t seed); /* called when an utterance begins */
    void *user;                       /* passed to `byte` and `utterance` */
};

/* Results of tx_next. TX_SENTENCE: the sentence's phonemes are the first `length` of `sounds` until the next call.
   TX_EVENT: markup sets `event` to `value` before the next sentence. */
enum tx_found { TX_NOTHING_YET, TX_SENTENCE, TX_EVENT, TX_END };

/* The value of an event is in milliseconds (pause), semitones (pitch), the speaker's number or -1 for the application's
   (voice), 1 or 0 for the application's (whisper), or units of 1/256. The last and the pitch are relative to the
   application's settings. */
enum tx_event { TX_NONE, TX_PAUSE, TX_RATE, TX_PITCH, TX_VOLUME, TX_EXPRESSION, TX_VOICE, TX_WHISPER };

/* A text being read. The members are private. */
struct tx {
    /* Small members come first, because this makes the code smaller. */
    uint8_t gap; /* 1 within white space, plus 1 for each of the first two line breaks */
    uint8_t breaks, spaces, run, ended;
    uint8_t follows; /* number of characters of `](/` just read */
    uint8_t only, lone;
    uint8_t joined;     /* whether the next word belongs to the previous one */
    uint8_t ends, skip; /* ends: number of sentences that this step has ended so far */
    uint8_t full;       /* whether the sentence is complete, so further items are not accepted */
    uint8_t again;      /* whether there were further items */
    uint8_t over;       /* whether the whole text has been read */
    uint8_t what;       /* enum tx_event of the markup that ended the sentence */
    uint8_t items, said;
    uint8_t opened, last;   /* last: the previous mark, 0 after a word */
    uint8_t spoken, loud;   /* spoken: number of items that have been converted */
    uint8_t to, item, next; /* items `spoken` to `to` - 1 are being converted, `item` - 1 in the next call unless 0 */
    uint8_t guess;          /* enum of text_internal.h */
    uint8_t rows_used, block, row; /* position at which the network continues */
    uint8_t place;                 /* row that gets the primary stress */
    uint8_t part;                  /* letters before the predicted part of a mixed-case word, */
    uint16_t part_said;            /* and their phonemes */
    uint16_t at, size;             /* position and size of the window, which includes the character before `at` */
    uint16_t cost, length;         /* cost and length of the sentence */
    uint16_t top;                  /* start of the items being converted, at the end of `sounds` */
    uint16_t last_name;            /* last character name */
    uint32_t work;                 /* work of the current call, in units of 100 instructions */
    uint32_t unnamed;              /* number of characters read only as the name of their kind */
    const uint8_t *rest;           /* remaining replacement text */
    const uint8_t *bytes;          /* `left` bytes in the caller's memory */
    size_t left;
    int held; /* pushed-back byte */
    uint8_t seen;
    uint8_t spelling;   /* whether `at` is between [[spell]] and [[/spell]] */
    uint8_t emphasis;   /* level of emphasis at `at`: 0, or 1 to 3 for the marks of emphasis */
    uint8_t mark_added; /* whether the mark after a command has been added */
    uint8_t event;      /* enum tx_event */
    int16_t value;
    /* The state before a step. A step that ends several sentences is repeated after each of them, and skips the `skip`
       sentences that it has ended before. */
    struct {
        uint16_t cost, texts;
        uint8_t items, joined, spelling, mark_added;
    } before;
    struct tx_options options;
    int64_t most; /* score difference that determines `place` */
    uint8_t window[TX_WINDOW + 8];
    /* the current sentence, whose phonemes are at the start of `sounds` */
    uint16_t flags[TX_ITEMS];
    uint16_t texts[TX_ITEMS + 1];
    uint16_t starts[TX_ITEMS + 1];
    uint8_t letters[TX_SOUNDS / 4 + TX_ITEMS];
    int8_t inputs[3][TX_CHANNELS]; /* the most recently overwritten rows of the network */
    int8_t rows[TX_LETTERS][TX_CHANNELS];
    uint8_t sounds[TX_SOUNDS + 2 * TX_ITEMS + 208]; /* words, spaces, and a buffer for the current word */
};

/* Begins a text. `options` may be NULL and is copied. `utf8` may be NULL if the options have `byte`. */
void tx_begin(struct tx *t, const char *utf8, size_t bytes, const struct tx_options *options);

/* Reads a few words, or converts a few words to phonemes. The work of each call is bounded. */
enum tx_found tx_next(struct tx *t);

/* Returns an estimate of the number of remaining phonemes, without bytes that `byte` has yet to return. */
uint32_t tx_ahead(const struct tx *t);

/* Interprets markup: [[pause 500]], [[rate 150]], [[pitch -2]], [[volume 80]], [[expression 50]], [[voice NAME]],
   [[whisper]] ... [[/whisper]], [[emphasis]] (or [[emphasis strong]], [[emphasis reduced]]) ... [[/emphasis]], [[spell]]
   ... [[/spell]]. Applications do not call this function but set it in the options. Firmware that does not use markup
   therefore does not contain it. */
int tx_markup(struct tx *t, int at, int *joined);

/* Returns whether a word's spelling and phonemes are valid. Use this function to check user input, because unknown
   phonemes are skipped. */
bool tx_word_valid(const struct ticktalk_word *word);

#ifdef __cplusplus
}
#endif

#endif
