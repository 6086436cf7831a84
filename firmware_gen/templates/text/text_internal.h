/* Internal declarations of the text front end. */
#ifndef TX_INTERNAL_H
#define TX_INTERNAL_H
#include <string.h>

#include "text.h"
#include "text_tables.h"
#include "tt_build.h"

enum { TX_MARK = 1, TX_CAPITAL = 2, TX_CAPITALS = 4, TX_JOINED = 8, TX_LETTER = 16, TX_SAID = 32, TX_PHONEMES = 64 };
/* position of an item's level of emphasis, and moderate or strong emphasis */
enum { TX_LEVEL = 7, TX_STRONGER = 2 << TX_LEVEL };
enum { TX_FLAP = 1, TX_GUESS = 2 }; /* flags of an ending */
#define TX_STEM (TX_LETTERS + 4)    /* maximum length of a stem */
#define TX_LATER (-2)               /* returned instead of a result if the work continues in the next call */
enum { TX_UNASKED, TX_GUESSING, TX_GUESSED };
/* Work in units of 100 instructions on a Cortex-M4. A call returns after about TX_WORK units of work. The other values are limits
   for parts of the work. */
#ifndef TX_WORK
#define TX_WORK 10000
#endif
enum {
    TX_WORK_BYTE = 3, /* a byte of text */
    TX_WORK_STEP = 1000,
    TX_WORK_ITEM = 200, /* an item, not counting look-ups or the network */
    TX_WORK_PART = 20,  /* an item of a unit whose stress is reduced */
    TX_WORK_LOOK_UP = 200,
    TX_WORK_READING = 1000,
    TX_WORK_LETTER = 30, /* a letter of the network's input */
    TX_WORK_ROWS = 1000, /* two rows of one block of the network */
};

enum { TX_CONSONANT_NEXT, TX_VOWEL_NEXT, TX_PAUSE_NEXT, TX_UNKNOWN_NEXT }; /* what follows a word */
enum { TX_VOWEL = 1, TX_CONSONANT = 2, TX_TAPPED = 4, TX_LONG = 8 };

TT_INLINE int tx_digit(int c)
{
    return c >= '0' && c <= '9';
}
/* Letters beyond ASCII have consecutive codes, each small letter before its capital. */
TT_INLINE int tx_more(int c)
{
    return TX_ALPHABET > 26 && c >= TX_FIRST_MORE && c < TX_FIRST_MORE + 2 * (TX_ALPHABET - 26);
}
TT_INLINE int tx_small_letter(int c)
{
    return (c >= 'a' && c <= 'z') || (tx_more(c) && (c - TX_FIRST_MORE) % 2 == 0);
}
TT_INLINE int tx_capital(int c)
{
    return (c >= 'A' && c <= 'Z') || (tx_more(c) && (c - TX_FIRST_MORE) % 2);
}
TT_INLINE int tx_letter(int c)
{
    return tx_small_letter(c) || tx_capital(c);
}
TT_INLINE int tx_alnum(int c)
{
    return tx_letter(c) || tx_digit(c);
}
TT_INLINE int tx_lower(int c)
{
    return !tx_capital(c) ? c : tx_more(c) ? c - 1 : c + 32;
}
/* Returns the number of a small letter in the alphabet. */
TT_INLINE int tx_letter_number(int c)
{
    return tx_more(c) ? 26 + (c - TX_FIRST_MORE) / 2 : c - 'a';
}
/* Returns the position of `c` in a string, starting at 1, or 0 if it is absent. A watch may lack strchr. */
TT_INLINE int tx_position(int c, const char *string)
{
    int k;
    for (k = 0; string[k]; k++)
        if ((uint8_t)string[k] == c)
            return k + 1;
    return 0;
}
TT_INLINE int tx_in(int c, const char *set)
{
    return tx_position(c, set) != 0;
}
/* Returns the length of a word. The bound keeps compilers from calling strlen, which a watch may lack. */
TT_INLINE int tx_length(const uint8_t *string)
{
    int n = 0;
    while (n < TX_WINDOW && string[n])
        n++;
    return n;
}
/* Returns whether a sound is among the first `n` of `said`. */
TT_INLINE int tx_contains(const uint8_t *said, int n, int sound)
{
    while (n--)
        if (*said++ == sound)
            return 1;
    return 0;
}
TT_INLINE const uint8_t *tx_at(tx_str s)
{
    return tx_pool + s;
}
TT_INLINE const uint8_t *tx_sound(tx_str s)
{
    return tx_sounds + s;
}

/* Text captured by a rule; empty if end == start. */
typedef struct {
    uint16_t start, end;
    tx_str value;
} tx_capture;

/* characters: refills the window, and returns whether the window has enough characters for a step */
int tx_fill(struct tx *t);
/* match: tx_match returns the end of a rule's match at `w[at]`, or -1 */
int tx_match(const uint8_t *w, int at, const tx_rule *rule, tx_capture *captures);
int tx_whole(const uint8_t *w, int i);
/* tables */
int tx_longest(int table, const uint8_t *w, tx_str *value);
int tx_find(int table, const uint8_t *key, int size, tx_str *value);
int tx_compare(tx_str key, const uint8_t *text, int size);
/* say: adds the items of a reading */
void tx_say(struct tx *t, const uint8_t *w, const tx_rule *rule, const tx_capture *captures);
void tx_say_words(struct tx *t, const uint8_t *words);
void tx_code(struct tx *t, const uint8_t *digits, int size);
void tx_number(struct tx *t, const uint8_t *digits, int size);
void tx_each(struct tx *t, const uint8_t *digits, int size);
/* own: adds the word at `at` if the user supplied its pronunciation. Returns the word's end, or -1 if nothing was
   added. */
int tx_given(struct tx *t, int at, int *joined);
/* writes the phonemes that the user supplied for this exact word and returns their number, or 0 if there are none */
int tx_own_word(struct tx *t, const uint8_t *word, int size, uint8_t *said);
int tx_has_own(const struct tx *t);
/* returns the number of the phoneme with this code point, or 0 if there is none */
int tx_phoneme(uint32_t code);
/* words: returns the weak forms of a word, or 0 */
const tx_weak *tx_weak_form(const uint8_t *small, int size);
/* items: tx_has_sounding returns whether a word contains a letter that makes it pronounceable */
/* writes the word in lower case to `small` */
void tx_lowered(const uint8_t *word, int size, uint8_t *small);
int tx_has_sounding(const uint8_t *word, int size);
void tx_item(struct tx *t, const uint8_t *word, int size, int flags);
void tx_mark(struct tx *t, int mark);
void tx_flush(struct tx *t);
void tx_clear(struct tx *t);
int tx_has_words(const struct tx *t);
/* scan: tx_read_at reads the item at `i` and returns the index at which the text continues. tx_end ends the text. */
int tx_read_at(struct tx *t, int i);
void tx_end(struct tx *t);
/* words: writes the phonemes of one word to `said` and returns their number, or TX_LATER */
int tx_word(struct tx *t, int item, uint8_t *said);
/* units: converts the current sentence to phonemes. tx_speak does a part of this work and returns whether more
   follows. */
void tx_speak_begin(struct tx *t);
int tx_speak(struct tx *t);
/* lexicon: writes a word's phonemes to `said` and returns their number, or -1 if the word is not listed. *readings is
   set if the word has alternative readings. */
int tx_look_up(struct tx *t, const uint8_t *word, int size, uint8_t *said, int room, int *readings);
/* endings: derives a word's phonemes from its stem. Returns -1 if no stem is known. `written` is the word in its
   original case. */
int tx_derive(struct tx *t, const uint8_t *written, const uint8_t *word, int size, uint8_t *said, int room);
int tx_with_ending(uint8_t *said, int size, const tx_ending *ending);
/* writes the part of an unknown word that the network reads to `stem`, sets *size to its length, and returns the ending
   to add */
const tx_ending *tx_guessed_stem(const uint8_t *word, int *size, uint8_t *stem);
/* context: selects a reading based on the neighbouring words. Returns the letter of the reading, or 0 for the first
   reading. The bits of `has` represent the readings VNJDP. */
int tx_reading(const struct tx *t, int item, int has);
/* returns the classes of item k, and sets *size to its length */
uint64_t tx_classes_of(const struct tx *t, int k, int *size);
/* network: predicts the phonemes of a lower-case word. tx_guess_on does a part of this work while `guess` is
   TX_GUESSING. tx_guessed returns the number of phonemes once `guess` is TX_GUESSED. */
void tx_guess_begin(struct tx *t, const uint8_t *word, int size);
void tx_guess_on(struct tx *t);
int tx_guessed(struct tx *t, uint8_t *said, int room);
#endif
