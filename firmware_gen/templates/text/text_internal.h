/* What the files of the front end share. */
#ifndef TEXT_INTERNAL_H
#define TEXT_INTERNAL_H
#include <string.h>

#include "text.h"
#include "text_tables.h"

enum { TX_MARK = 1, TX_CAPITAL = 2, TX_CAPITALS = 4, TX_JOINED = 8, TX_LETTER = 16, TX_SAID = 32, TX_LIGHT = 64 };
enum { TX_VOWEL = 1, TX_CONSONANT = 2, TX_TAPPED = 4, TX_LONG = 8 };

static inline int tx_digit(int c)
{
    return c >= '0' && c <= '9';
}
static inline int tx_small_letter(int c)
{
    return c >= 'a' && c <= 'z';
}
static inline int tx_capital(int c)
{
    return c >= 'A' && c <= 'Z';
}
static inline int tx_letter(int c)
{
    return tx_small_letter(c) || tx_capital(c);
}
static inline int tx_alnum(int c)
{
    return tx_letter(c) || tx_digit(c);
}
static inline int tx_lower(int c)
{
    return tx_capital(c) ? c + 32 : c;
}
static inline int tx_in(int c, const char *set)
{
    return c && strchr(set, c);
}
static inline const uint8_t *tx_at(tx_str s)
{
    return tx_pool + s;
}
static inline const uint8_t *tx_sound(tx_str s)
{
    return tx_sounds + s;
}

/* What a match took; nothing where end == start. */
typedef struct {
    uint16_t start, end;
    tx_str value;
} tx_capture;

/* characters: fills the window */
void tx_fill(text *t);
/* match: the end of a rule at `at` of `w`, or -1 */
int tx_match(const uint8_t *w, int at, const tx_rule *rule, tx_capture *captures);
int tx_whole(const uint8_t *w, int i);
/* tables */
int tx_longest(int table, const uint8_t *w, tx_str *value);
int tx_find(int table, const uint8_t *key, int size, tx_str *value);
int tx_compare(tx_str key, const uint8_t *text, int size);
/* say: the items of a reading */
void tx_say(text *t, const uint8_t *w, const tx_rule *rule, const tx_capture *captures);
void tx_say_words(text *t, const uint8_t *words);
void tx_code(text *t, const uint8_t *digits, int size);
void tx_number(text *t, const uint8_t *digits, int size);
/* items */
void tx_item(text *t, const uint8_t *word, int size, int flags);
void tx_mark(text *t, int mark);
void tx_flush(text *t);
/* scan: the whole text */
void tx_scan(text *t);
/* words: the phonemes of the sentence that is held */
size_t tx_speak(text *t, uint8_t **out);
/* lexicon: phonemes of a word, their count; -1 where there is none. readings: whether there are others */
int tx_look_up(const uint8_t *word, int size, uint8_t *said, int room, int *readings);
/* endings: phonemes of a word by its stem; -1 where there is none */
int tx_derive(const uint8_t *word, int size, uint8_t *said, int room);
int tx_with_ending(uint8_t *said, int size, const tx_ending *ending);
/* context: the letter of the reading that the neighbours want, 0 for the first. has: bits of the letters VNJDP */
int tx_reading(const text *t, int item, int has);
/* network: phonemes of a word of small letters */
int tx_guess(text *t, const uint8_t *word, int size, uint8_t *said, int room);
#endif
