/* Text to phonemes: UTF-8 in, numbers of phonemes out, a sentence at a time. No heap, no recursion, any length. */
#ifndef TEXT_H
#define TEXT_H
#include <stddef.h>
#include <stdint.h>

#include "text_sizes.h"

#define TX_WINDOW 832  /* folded characters that are held */
#define TX_AHEAD 640   /* that a token is read with, at least */
#define TX_ITEMS 96    /* words and marks of a sentence */
#define TX_SOUNDS 1600 /* phonemes of a sentence, spaces not counted */
#define TX_LETTERS 32  /* of a word */
#define TX_RUN 160     /* characters without white space */

typedef struct text {
    int (*byte)(void *user); /* the next byte of the text, -1 at its end */
    void (*sentence)(void *user, const uint8_t *phonemes, size_t count);
    void *user;
    /* characters: the next byte, what is left of a text that one became, the last name */
    int held;
    const uint8_t *rest;
    uint16_t last_name;
    uint8_t breaks, spaces, run, ended;
    /* the window: its first character is the one before `at` or older */
    uint8_t window[TX_WINDOW + 8];
    uint16_t at, size;
    uint8_t seen, only, lone;
    /* the sentence */
    uint8_t flags[TX_ITEMS];
    uint16_t texts[TX_ITEMS + 1];
    uint8_t letters[TX_SOUNDS / 4 + TX_ITEMS];
    uint8_t items, said;
    uint16_t cost;
    uint8_t sounds[TX_SOUNDS + 2 * TX_ITEMS + 208]; /* words, spaces, and one word in the making */
    uint16_t starts[TX_ITEMS + 1];
    int8_t rows[TX_LETTERS][TX_CHANNELS];
} text;

/* Reads a text to its end. `t` needs no preparation; `sentence` is called for every sentence. */
void text_read(text *t, int (*byte)(void *), void (*sentence)(void *, const uint8_t *, size_t), void *user);
#endif
