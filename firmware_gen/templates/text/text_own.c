/* Pronunciations supplied by the user: words in two tables, and the inline form [word](/phonemes/). */
#include "text_internal.h"

#define MOST_SPELLING 32
#define WORDS_PER_WORK 4 /* number of words compared in 100 instructions */
#define MOST_PHONEMES 96
#define MOST_WRITTEN 48

int tx_phoneme(uint32_t code)
{
    int number;
    for (number = 1; number <= tx_phoneme_count; number++)
        if (tx_phoneme_points[number] == code && code) /* marks are stored without a code point */
            return number;
    return 0;
}

/* Reads one code point of a zero-terminated UTF-8 string. Returns U+FFFD for an invalid byte. */
static uint32_t next_point(const char **text)
{
    const uint8_t *b = (const uint8_t *)*text;
    if (b[0] >= 0xC2 && b[0] < 0xE0 && (b[1] & 0xC0) == 0x80) {
        *text += 2;
        return (uint32_t)(b[0] & 31) << 6 | (b[1] & 63);
    }
    if (b[0] >= 0xE0 && b[0] < 0xF0 && (b[1] & 0xC0) == 0x80 && (b[2] & 0xC0) == 0x80) {
        *text += 3;
        return (uint32_t)(b[0] & 15) << 12 | (uint32_t)(b[1] & 63) << 6 | (b[2] & 63);
    }
    *text += 1;
    return b[0] < 0x80 ? b[0] : 0xFFFD;
}

static int numbers_of(const char *phonemes, uint8_t *said)
{
    int n = 0;
    while (*phonemes && n < MOST_PHONEMES) {
        int number = tx_phoneme(next_point(&phonemes));
        if (number)
            said[n++] = (uint8_t)number;
    }
    return n;
}

/* Returns the length of `spelling` if the `size` characters at `text` start with it, otherwise 0. */
static int begins(const char *spelling, const uint8_t *text, int size)
{
    int n;
    for (n = 0; spelling[n]; n++) {
        int wanted = (uint8_t)spelling[n];
        if (n == size || n == MOST_SPELLING
            || !(text[n] == wanted || (tx_capital(text[n]) && tx_lower(text[n]) == wanted)))
            return 0;
    }
    return n;
}

/* Returns the length of the ending "'s" if `w[end]` starts with it, otherwise 0. */
static int plural_size(const uint8_t *w, int end)
{
    const uint8_t *letters = tx_at(tx_endings[tx_plural_ending].letters);
    int n = 0;
    for (; letters[n]; n++)
        if (w[end + n] != letters[n])
            return 0;
    return tx_alnum(w[end + n]) ? 0 : n;
}

/* Returns whether the word is neither preceded nor followed by a letter or digit. */
static int apart(const uint8_t *w, int start, int end)
{
    if (tx_alnum(w[start]) && start > 0 && tx_alnum(w[start - 1]))
        return 0;
    if (!tx_alnum(w[end - 1]) || plural_size(w, end))
        return 1;
    return !(tx_alnum(w[end]) || (w[end] == '\'' && tx_letter(w[end + 1])));
}

/* Writes the phonemes of the table's longest word that matches at `w[at]`. Returns its end, or -1 if none matches. */
static int table_at(const struct ticktalk_word *words, int count, const uint8_t *w, int at, uint8_t *said, int *size)
{
    const struct ticktalk_word *best = 0;
    int end = at;
    for (; count--; words++) {
        int n = begins(words->spelling, w + at, MOST_SPELLING);
        if (n && at + n > end && apart(w, at, at + n))
            best = words, end = at + n;
    }
    if (!best)
        return -1;
    *size = numbers_of(best->phonemes, said);
    return end;
}

/* Writes the phonemes of the inline form at `w[at]` and returns its end, or -1 if there is none. */
static int inline_at(const uint8_t *w, int at, uint8_t *said, int *size)
{
    int k = at + 1, n = 0, sounds = 0;
    while (w[k] && !tx_in(w[k], "[]\n") && k - at <= MOST_WRITTEN)
        k++;
    if (k == at + 1 || w[k] != ']' || w[k + 1] != '(' || w[k + 2] != '/')
        return -1;
    for (k += 3; n < MOST_PHONEMES && w[k]; k++) {
        int number = tx_phoneme_count;
        while (number && tx_phoneme_codes[number] != w[k])
            number--;
        if (!number)
            break;
        said[n++] = (uint8_t)number;
        sounds |= tx_sound_class[number] & (TX_VOWEL | TX_CONSONANT);
    }
    if (w[k] != '/' || w[k + 1] != ')' || !sounds || said[0] == tx_s_space || said[n - 1] == tx_s_space)
        return -1;
    *size = n;
    return k + 2;
}

int tx_has_own(const struct tx *t)
{
    return tx_own_count || t->options.word_count;
}

/* Counts the work of a search in both tables. */
static void searched(struct tx *t)
{
    t->work += (uint32_t)(t->options.word_count + tx_own_count) / WORDS_PER_WORK;
}

int tx_given(struct tx *t, int at, int *joined)
{
    const uint8_t *w = t->window;
    uint8_t said[MOST_PHONEMES + 8];
    int size = 0, end = -1, plural;
    searched(t);
    if (w[at] == '[')
        end = inline_at(w, at, said, &size);
    if (end < 0)
        end = table_at(t->options.words, t->options.word_count, w, at, said, &size);
    if (end < 0)
        end = table_at(tx_own, tx_own_count, w, at, said, &size);
    if (end < 0)
        return -1;
    plural = plural_size(w, end);
    if (plural)
        size = tx_with_ending(said, size, tx_endings + tx_plural_ending);
    end += plural;
    tx_item(t, said, size, TX_PHONEMES | (*joined ? TX_JOINED : 0));
    *joined = tx_alnum(w[end]);
    if ((w[end] == '-' || w[end] == '\'') && tx_alnum(w[end + 1]))
        *joined = 1, end++;
    return end;
}

int tx_own_word(struct tx *t, const uint8_t *word, int size, uint8_t *said)
{
    const struct ticktalk_word *words = t->options.words;
    int count = t->options.word_count, k;
    searched(t);
    for (k = 0; k < 2; k++, words = tx_own, count = tx_own_count)
        for (; count--; words++)
            if (begins(words->spelling, word, size) == size)
                return numbers_of(words->phonemes, said);
    return 0;
}

bool tx_word_valid(const struct ticktalk_word *word)
{
    const char *p = word->phonemes;
    int n = 0, sounds = 0, number = 0;
    for (; word->spelling[n]; n++)
        if (n == MOST_SPELLING || word->spelling[n] < ' ' || word->spelling[n] > '~')
            return 0;
    if (!n || word->spelling[0] == ' ' || word->spelling[n - 1] == ' ')
        return 0;
    for (n = 0; *p; n++) {
        int before = number;
        number = tx_phoneme(next_point(&p));
        if (!number || n == MOST_PHONEMES || (number == tx_s_space && (before == tx_s_space || !before)))
            return 0;
        sounds |= tx_sound_class[number] & (TX_VOWEL | TX_CONSONANT);
    }
    return sounds && number != tx_s_space;
}
