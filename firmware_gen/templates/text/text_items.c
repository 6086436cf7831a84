/* Stores the words and marks of the current sentence. */
#include "text_internal.h"

#define PER_LETTER 4   /* maximum number of phonemes per letter of a word */
#define PER_SPELLED 10 /* maximum number of phonemes per letter of a spelled word */
#define LONG_SENTENCE 800

void tx_clear(struct tx *t)
{
    t->items = 0, t->cost = 0, t->texts[0] = 0;
}

int tx_has_words(const struct tx *t)
{
    int i, words = 0;
    for (i = 0; i < t->items; i++)
        words |= !(t->flags[i] & TX_MARK);
    return words;
}

/* Ends the current sentence, unless this step is repeated after that sentence. */
void tx_flush(struct tx *t)
{
    if (t->full) {
        t->again = 1;
        return;
    }
    if (t->ends++ >= t->skip && tx_has_words(t)) {
        t->full = t->said = 1;
        tx_speak_begin(t);
        return;
    }
    tx_clear(t);
}

void tx_lowered(const uint8_t *word, int size, uint8_t *small)
{
    for (; size > 0; size--)
        *small++ = (uint8_t)tx_lower(*word++);
}

int tx_has_sounding(const uint8_t *word, int size)
{
    for (; size--; word++)
        if (tx_letter(*word) && (tx_sounding >> tx_letter_number(tx_lower(*word)) & 1))
            return 1;
    return 0;
}

static int cost_of(const uint8_t *word, int size, int flags)
{
    if (flags & TX_MARK)
        return 1;
    if (flags & TX_PHONEMES)
        return PER_LETTER * size;
    if (flags & (TX_LETTER | TX_CAPITALS) || size == 1)
        return PER_SPELLED * size;
    return (tx_has_sounding(word, size) ? PER_LETTER : PER_SPELLED) * size;
}

void tx_item(struct tx *t, const uint8_t *word, int size, int flags)
{
    int cost = cost_of(word, size, flags);
    if (t->emphasis && !(flags & TX_MARK))
        flags |= t->emphasis << TX_LEVEL, cost++; /* its mark may be an additional phoneme */
    if (t->items == TX_ITEMS || t->cost + cost > TX_SOUNDS)
        tx_flush(t);
    if (t->full) {
        t->again = 1;
        return;
    }
    memcpy(t->letters + t->texts[t->items], word, (size_t)size);
    t->flags[t->items] = (uint16_t)flags;
    t->texts[t->items + 1] = (uint16_t)(t->texts[t->items] + size);
    t->items++;
    t->cost = (uint16_t)(t->cost + cost);
    if (flags & TX_MARK && t->cost > LONG_SENTENCE && (tx_in(word[0], ",;:") || word[0] == tx_c_dash))
        tx_flush(t);
}

void tx_mark(struct tx *t, int mark)
{
    uint8_t word = (uint8_t)mark;
    tx_item(t, &word, 1, TX_MARK);
}
