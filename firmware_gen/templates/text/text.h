/* Converts UTF-8 text to phoneme numbers, one sentence at a time and in small steps. Uses neither heap nor recursion. Text
   may have any length. In templates, `tx` stands for the prefix of the generated files. */
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
    int (*byte)(void *user);                /* returns the next byte after those in memory, or -1 at the end */
    void (*utterance)(void *user, const uint8_t *ids, size_t count, uint32_t seed); /* called when one begins */
    void *user; /* passed to `byte` and `utterance` */
};

/* What tx_next has found. TX_SENTENCE: its phonemes are the first `length` of `sounds`, until the next call. TX_EVENT: markup
   sets `event` to `value` before the next sentence. */
enum tx_found { TX_NOTHING_YET, TX_SENTENCE, TX_EVENT, TX_END };

/* The value of an event is in milliseconds (pause), units of 1/256 (rate and volume) or semitones (pitch). Rate, volume
   and pitch are relative to the application's settings. */
enum tx_event { TX_NONE, TX_PAUSE, TX_RATE, TX_PITCH, TX_VOLUME };

/* A text being read. The members are private. */
struct tx {
    /* These come first because the code is smaller then. */
    uint8_t gap; /* 1 in white space, and 1 more for each of its first two line breaks */
    uint8_t breaks, spaces, run, ended;
    uint8_t follows; /* number of characters of `](/` just read */
    uint8_t only, lone;
    uint8_t joined;     /* the next word belongs to the one before */
    uint8_t ends, skip; /* ends: sentences that this step has ended so far */
    uint8_t full;       /* the sentence is complete and waits to be spoken; further items are not taken */
    uint8_t again;      /* there were further items */
    uint8_t over;       /* the whole text has been read */
    uint8_t what;       /* enum tx_event of the markup that ended the sentence */
    uint8_t items, said;
    uint8_t opened, last;   /* last: the previous mark, 0 after a word */
    uint8_t spoken, loud;   /* spoken: number of items that have been converted */
    uint8_t to, item, next; /* items `spoken` to `to` - 1 are being converted, `item` - 1 in the next call unless 0 */
    uint8_t guess;          /* enum of text_internal.h */
    uint8_t rows_used, block, row; /* of the network: where it goes on */
    uint8_t place;                 /* row that gets the primary stress */
    uint8_t part;                  /* letters that precede the part of a mixed-case word that is predicted, */
    uint16_t part_said;            /* and their phonemes */
    uint16_t at, size;             /* of the window, which always includes the character before `at` */
    uint16_t cost, length;         /* of the sentence */
    uint16_t top;                  /* where the items being converted begin, at the end of `sounds` */
    uint16_t last_name;            /* last character name */
    uint32_t work;                 /* of the current call, in units of 100 instructions */
    uint32_t unnamed;              /* characters that were read as a name for their kind */
    const uint8_t *rest;           /* remaining replacement text */
    const uint8_t *bytes;          /* `left` bytes in the caller's memory */
    size_t left;
    int held; /* pushed-back byte */
    uint8_t seen;
    uint8_t spelling;   /* between [[spell]] and [[/spell]] */
    uint8_t mark_added; /* whether the mark after a command has been added */
    uint8_t event;      /* enum tx_event */
    int16_t value;
    /* The state before a step. A step may end several sentences. It is then repeated after each of them, and the `skip`
       sentences that it ended before are passed over. */
    struct {
        uint16_t cost, texts;
        uint8_t items, joined, spelling, mark_added;
    } before;
    struct tx_options options;
    int64_t most; /* difference of scores that determines `place` */
    uint8_t window[TX_WINDOW + 8];
    /* current sentence, with its phonemes at the start of `sounds` */
    uint8_t flags[TX_ITEMS];
    uint16_t texts[TX_ITEMS + 1];
    uint16_t starts[TX_ITEMS + 1];
    uint8_t letters[TX_SOUNDS / 4 + TX_ITEMS];
    int8_t inputs[3][TX_CHANNELS]; /* of the network's most recently overwritten rows */
    int8_t rows[TX_LETTERS][TX_CHANNELS];
    uint8_t sounds[TX_SOUNDS + 2 * TX_ITEMS + 208]; /* words, spaces, and a buffer for the current word */
};

/* Begins a text. `options` may be NULL and is copied. `utf8` may be NULL if there is `byte`. */
void tx_begin(struct tx *t, const char *utf8, size_t bytes, const struct tx_options *options);

/* Reads a few words, or converts some to phonemes. The work of each call is bounded. */
enum tx_found tx_next(struct tx *t);

/* Returns about how many phonemes are still to come, without those that `byte` will return. */
uint32_t tx_ahead(const struct tx *t);

/* Interprets markup: [[pause 500]], [[rate 150]], [[pitch -2]], [[volume 80]], [[spell]] ... [[/spell]]. Applications
   do not call it directly but set it in the options. Firmware without markup therefore does not contain it. */
int tx_markup(struct tx *t, int at, int *joined);

/* Returns whether a word's spelling and phonemes are valid. Use this to check user input, because unknown phonemes are
   skipped. */
bool tx_word_valid(const struct ticktalk_word *word);

#ifdef __cplusplus
}
#endif

#endif
