/* Converts UTF-8 text of any length to phoneme numbers, one sentence at a time, without heap or recursion. */
#ifndef TEXT_H
#define TEXT_H
#include <stddef.h>
#include <stdint.h>

#include "text_sizes.h"

#define TX_WINDOW 832  /* size of the window in folded characters */
#define TX_AHEAD 640   /* minimum number of characters to look ahead, except near the end of the text */
#define TX_ITEMS 96    /* maximum number of words and marks per sentence */
#define TX_SOUNDS 1600 /* maximum number of phonemes per sentence, not counting spaces */
#define TX_LETTERS 32  /* maximum number of letters per word */
#define TX_RUN 160     /* maximum number of consecutive characters other than white space */

/* A word and its pronunciation. `spelling` consists of up to 32 printable ASCII characters. A lower-case letter also
   matches its capital, whereas a capital matches only itself. `phonemes` is UTF-8 and consists of up to
   96 phonemes from the language pack. */
typedef struct {
    const char *spelling, *phonemes;
} text_word;

struct text;
/* The value of an event is in milliseconds (pause), in units of 1/256 (rate and volume) or in semitones (pitch). Rate,
   volume and pitch are relative to the application's settings. */
typedef enum { TEXT_PAUSE, TEXT_RATE, TEXT_PITCH, TEXT_VOLUME } text_event;

/* Options for text_read_with. The caller owns all memory, which must remain valid until the function returns. A
   zeroed struct sets no options. */
typedef struct {
    const text_word *words; /* override the words compiled into the firmware and the lexicon */
    uint16_t word_count;
    int (*markup)(struct text *, int, int *);              /* text_markup, or 0 to read markup as text */
    void (*event)(void *user, text_event what, int value); /* called before a sentence, once per change */
    /* Called with each part of a sentence as soon as its phonemes are known, before `sentence` is called. */
    void (*known)(void *user, const uint8_t *phonemes, size_t count);
} text_options;

typedef struct text {
    const text_options *options;
    int (*byte)(void *user); /* returns the next byte of the text, or -1 at the end */
    void (*sentence)(void *user, const uint8_t *phonemes, size_t count);
    void *user;
    /* character decoder: pushed-back byte, rest of a replacement text, last character name */
    int held;
    const uint8_t *rest;
    uint16_t last_name;
    uint8_t breaks, spaces, run, ended;
    uint8_t spelling;   /* between [[spell]] and [[/spell]] */
    uint8_t mark_added; /* whether the mark after a command has been added */
    uint8_t follows;    /* number of characters of `](/` just read */
    /* window of the text, which always includes the character before `at` */
    uint8_t window[TX_WINDOW + 8];
    uint16_t at, size;
    uint8_t seen, only, lone;
    /* current sentence */
    uint8_t flags[TX_ITEMS];
    uint16_t texts[TX_ITEMS + 1];
    uint8_t letters[TX_SOUNDS / 4 + TX_ITEMS];
    uint8_t items, said;
    uint16_t cost;
    uint8_t sounds[TX_SOUNDS + 2 * TX_ITEMS + 208]; /* the words, the spaces, and a buffer for the current word */
    uint16_t starts[TX_ITEMS + 1];
    int8_t rows[TX_LETTERS][TX_CHANNELS];
} text;

/* Reads text to its end and calls `sentence` for each sentence. `t` need not be initialised. */
void text_read(text *t, int (*byte)(void *), void (*sentence)(void *, const uint8_t *, size_t), void *user);
void text_read_with(text *t, const text_options *options, int (*byte)(void *),
                    void (*sentence)(void *, const uint8_t *, size_t), void *user);

/* Interprets markup: [[pause 500]], [[rate 150]], [[pitch -2]], [[volume 80]], [[spell]] ... [[/spell]]. Applications
   assign it to text_options.markup instead of calling it directly, which keeps it out of firmware without markup. */
int text_markup(struct text *t, int at, int *joined);

/* Returns 1 if a word's spelling and phonemes are valid, otherwise 0. Use it to validate user input, because
   text_read_with skips unknown phonemes. */
int text_word_valid(const text_word *word);
#endif
