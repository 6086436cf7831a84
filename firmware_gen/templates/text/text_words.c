/* Converts one word to phonemes: as listed, derived, spelled or predicted. */
#include "text_internal.h"

#define ROOM 190 /* maximum number of phonemes of a word that is not spelled */

static int copied(const uint8_t *sounds, uint8_t *said)
{
    int n = 0;
    for (; *sounds && n < ROOM; sounds++)
        said[n++] = *sounds;
    return n;
}

static int stressed(const uint8_t *said, int n)
{
    return tx_contains(said, n, tx_s_primary) || tx_contains(said, n, tx_s_secondary);
}

/* Inserts the stress mark `mark` before the first vowel. */
static int marked(uint8_t *said, int n, int mark)
{
    int k = 0;
    while (k < n && !(tx_sound_class[said[k]] & TX_VOWEL))
        k++;
    if (k == n)
        return n;
    memmove(said + k + 1, said + k, (size_t)(n - k));
    said[k] = (uint8_t)mark;
    return n + 1;
}

static int loud_word(uint8_t *said, int n)
{
    int k;
    if (tx_contains(said, n, tx_s_primary))
        return n;
    if (!tx_contains(said, n, tx_s_secondary))
        return marked(said, n, tx_s_primary);
    for (k = 0; k < n; k++)
        if (said[k] == tx_s_secondary)
            said[k] = tx_s_primary;
    return n;
}

/* Adds the stress that the capitals of a written word require. */
static int stress(int n, int flags, uint8_t *said)
{
    if (n > 0 && flags & TX_CAPITAL)
        return stressed(said, n) ? n : marked(said, n, tx_s_secondary);
    return n > 0 && flags & TX_CAPITALS ? loud_word(said, n) : n;
}

/* Spells a word as letter names, with primary stress on the last letter only. */
static int spell(const uint8_t *word, int size, uint8_t *said)
{
    int n = 0, k;
    for (; size--; word++)
        if (tx_small_letter(*word)) {
            const uint8_t *name = tx_sound(tx_letter_names[tx_letter_number(*word)]);
            for (; *name && n < TX_SOUNDS; name++)
                said[n++] = *name;
        }
    for (k = 0; k < n; k++)
        if (said[k] == tx_s_primary)
            said[k] = tx_s_secondary;
    for (k = n - 1; k >= 0; k--)
        if (said[k] == tx_s_secondary) {
            said[k] = tx_s_primary;
            break;
        }
    return n;
}

static int letter_name(int c, uint8_t *said)
{
    return tx_small_letter(c) ? copied(tx_sound(tx_letter_names[tx_letter_number(c)]), said) : 0;
}

/* Predicts a word. Returns TX_LATER at first. Call this again when the network has finished. */
static int predict(struct tx *t, const uint8_t *word, int size, uint8_t *said)
{
    uint8_t letters[TX_STEM];
    const tx_ending *ending = tx_guessed_stem(word, &size, letters);
    int n = 0, k;
    for (k = 0; k < size; k++)
        if (letters[k] != '\'')
            letters[n++] = letters[k];
    if (n && t->guess != TX_GUESSED) {
        tx_guess_begin(t, letters, n);
        return TX_LATER;
    }
    n = n ? tx_guessed(t, said, ROOM) : 0;
    return ending ? tx_with_ending(said, n, ending) : n;
}

/* Converts one part of a mixed-case word, or returns TX_LATER. */
static int part(struct tx *t, const uint8_t *word, const uint8_t *small, int size, uint8_t *said)
{
    int k, capitals = 0, known = t->guess == TX_GUESSED ? -1 : tx_look_up(t, small, size, said, ROOM, 0);
    for (k = 0; k < size; k++) {
        if (tx_small_letter(word[k]))
            break;
        capitals += tx_capital(word[k]);
    }
    if (size > 1 && k == size && capitals && known < 0)
        return spell(small, size, said);
    if (known > 0)
        return known;
    return size == 1 ? letter_name(small[0], said) : predict(t, small, size, said);
}

static int all_capitals(const uint8_t *word, int size)
{
    int k, capitals = 0;
    for (k = 0; k < size; k++) {
        if (tx_small_letter(word[k]))
            return 0;
        capitals += tx_capital(word[k]);
    }
    return capitals > 0;
}

static int only_s(const uint8_t *word, int size)
{
    return (size == 1 && word[0] == 's') || (size == 2 && word[0] == '\'' && word[1] == 's');
}

static int cut_at(const uint8_t *w, int size, int k)
{
    int before = w[k - 1], here = w[k];
    if (tx_small_letter(before) && tx_capital(here))
        return 1;
    if (tx_capital(before) && tx_capital(here) && k + 1 < size && tx_small_letter(w[k + 1]) && w[k + 1] != 's')
        return 1;
    return tx_capital(before) && k > 1 && only_s(w + k, size - k) && all_capitals(w, k);
}

/* Converts a mixed-case word such as YouTube or TVs. Returns -1 if the word cannot be split, or TX_LATER. The next call
   continues with the part that has been predicted. */
static int humped(struct tx *t, const uint8_t *word, const uint8_t *small, int size, uint8_t *said)
{
    int k, start = 0, n = t->part_said, last = 0, first = 0, more;
    for (k = 1; k < size; k++)
        if (cut_at(word, size, k)) {
            if (!first)
                first = k;
            last = k;
        }
    if (only_s(word + last, size - last) && all_capitals(word, first ? first : size)) {
        n = spell(small, first ? first : size, said);
        return tx_with_ending(said, n, tx_endings + tx_plural_ending);
    }
    if (!first)
        return -1;
    for (k = 1; k <= size; k++)
        if (k == size || cut_at(word, size, k)) {
            more = start < t->part ? 0 : part(t, word + start, small + start, k - start, said + n);
            if (more == TX_LATER) {
                t->part = (uint8_t)start, t->part_said = (uint16_t)n;
                return more;
            }
            n += more;
            start = k;
        }
    return n;
}

static int unknown(struct tx *t, const uint8_t *word, const uint8_t *small, int size, int flags, uint8_t *said)
{
    if (flags & TX_CAPITALS) {
        if ((size < 5 && !t->loud) || !tx_has_sounding(small, size))
            return spell(small, size, said);
    } else if (size == 1) {
        return letter_name(small[0], said);
    } else if (memcmp(word + 1, small + 1, (size_t)(size - 1))) {
        int n = humped(t, word, small, size, said);
        if (n != -1)
            return n;
    }
    if (!tx_has_sounding(small, size))
        return spell(small, size, said);
    return predict(t, small, size, said);
}

static int look_up(struct tx *t, int item, const uint8_t *small, int size, uint8_t *said)
{
    static const char letters[] = "VNJDP";
    uint8_t word[TX_LETTERS + 1];
    int readings = 0, n = tx_look_up(t, small, size, said, ROOM, &readings), available = 0, k, letter;
    if (n < 0)
        return tx_derive(t, t->letters + t->texts[item], small, size, said, ROOM);
    if (!readings || size >= TX_LETTERS)
        return n;
    memcpy(word, small, (size_t)size);
    for (k = 0; k < 5; k++) {
        word[size] = (uint8_t)letters[k];
        if (tx_look_up(t, word, size + 1, said, 0, 0) >= 0)
            available |= 1 << k;
    }
    t->work += TX_WORK_READING;
    letter = t->next == TX_PAUSE_NEXT && available >> 4 & 1 ? 'P' : tx_reading(t, item, available);
    if (!letter)
        return tx_look_up(t, small, size, said, ROOM, 0);
    word[size] = (uint8_t)letter;
    return tx_look_up(t, word, size + 1, said, ROOM, 0);
}

const tx_weak *tx_weak_form(const uint8_t *small, int size)
{
    int k;
    for (k = 0; k < tx_weak_count; k++)
        if (tx_compare(tx_weaks[k].word, small, size) == 0)
            return tx_weaks + k;
    return 0;
}

/* In a repeated call, everything except the network has been tried before. */
int tx_word(struct tx *t, int item, uint8_t *said)
{
    const uint8_t *word = t->letters + t->texts[item];
    int size = t->texts[item + 1] - t->texts[item], flags = t->flags[item], n;
    uint8_t small[TX_LETTERS];
    const tx_weak *weak;
    if (flags & TX_PHONEMES) {
        memcpy(said, word, (size_t)size);
        return size;
    }
    if (flags & TX_LETTER)
        return spell(word, size, said);
    tx_lowered(word, size, small);
    if (t->guess == TX_GUESSED)
        return stress(unknown(t, word, small, size, flags, said), flags, said);
    t->part = 0, t->part_said = 0;
    n = tx_own_word(t, word, size, said);
    if (n)
        return n;
    if (t->items == 1 && size == 1)
        return letter_name(small[0], said);
    if (flags & TX_CAPITALS && !t->loud
        && (tx_find(tx_capitals_spelled, small, size, 0) || (size <= 2 && !tx_find(tx_capitals_words, small, size, 0))))
        return spell(small, size, said);
    if (item > 0 && t->next == TX_PAUSE_NEXT && memcmp(word, small, (size_t)size) && tx_find(tx_lone, small, size, 0))
        return letter_name(small[0], said);
    weak = tx_weak_form(small, size);
    if (weak) {
        const tx_str *forms = weak->forms;
        const int strong = t->next >= TX_PAUSE_NEXT || (flags & TX_STRONGER && forms[0] == forms[1]);
        return copied(tx_sound(forms[strong ? 2 : t->next == TX_CONSONANT_NEXT]), said);
    }
    n = look_up(t, item, small, size, said);
    if (n < 0)
        n = unknown(t, word, small, size, flags, said);
    return stress(n, flags, said);
}
