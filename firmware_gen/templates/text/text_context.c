/* Selects one of a word's readings based on the neighbouring words. */
#include "text_internal.h"

enum { P1, P2, N1, N2, BEFORE, AFTER, CAPITAL_ };
#define MOST_BEFORE 5
#define MOST_AFTER 8

/* Copies item k to `word` in lower case. Returns its length, 0 for a mark or an item outside the sentence, or -1 if the
   item is too long. */
static int small_word(const struct tx *t, int k, uint8_t *word)
{
    int n;
    if (k < 0 || k >= t->items || t->flags[k] & TX_MARK)
        return 0;
    if (t->flags[k] & TX_PHONEMES)
        return -1;
    n = t->texts[k + 1] - t->texts[k];
    if (n > TX_LETTERS)
        return -1; /* spelled letters belong to no class */
    tx_lowered(t->letters + t->texts[k], n, word);
    return n;
}

uint64_t tx_classes_of(const struct tx *t, int k, int *size)
{
    uint8_t word[TX_LETTERS];
    int low = 0, high = tx_class_count;
    *size = small_word(t, k, word);
    if (*size <= 0)
        return 0;
    while (low < high) {
        int middle = (low + high) / 2, order = tx_compare(tx_class_words[middle], word, *size);
        if (!order)
            return tx_class_sets[tx_class_of_word[middle]];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

static int holds(const struct tx *t, int at, int place, int number)
{
    int wrong = place >> 7, k, size;
    uint64_t classes;
    place &= 127;
    if (place == CAPITAL_)
        return !!(t->flags[at] & TX_CAPITAL) != wrong;
    if (place == BEFORE || place == AFTER) {
        int from = place == BEFORE ? at - MOST_BEFORE : at + 1, to = place == BEFORE ? at : at + 1 + MOST_AFTER;
        for (k = from < 0 ? 0 : from; k < to && k < t->items; k++)
            if (tx_classes_of(t, k, &size) >> number & 1)
                return !wrong;
        return wrong;
    }
    k = at + (place == P1 ? -1 : place == P2 ? -2 : place == N1 ? 1 : 2);
    classes = tx_classes_of(t, k, &size);
    if (number == 255)
        return (size == 0) != wrong;
    return (int)(classes >> number & 1) != wrong;
}

/* Returns the reading of the first matching rule whose reading is available, or -1 if there is none. */
static int decided(const struct tx *t, int at, const uint8_t *rules, int available)
{
    static const char letters[] = "VNJDP";
    int count = *rules++;
    while (count--) {
        int say = rules[0], ways = rules[1], found = 0;
        int usable = !say || available >> (tx_position(say, letters) - 1) & 1;
        rules += 2;
        while (ways--) {
            int conditions = *rules++, all = 1;
            for (; conditions--; rules += 2)
                if (usable && !found && all)
                    all = holds(t, at, rules[0], rules[1]);
            found |= all;
        }
        if (usable && found)
            return say;
    }
    return -1;
}

int tx_reading(const struct tx *t, int item, int available)
{
    uint8_t word[TX_LETTERS];
    int size = small_word(t, item, word), k, say;
    for (k = 0; k < tx_context_count; k++)
        if (tx_compare(tx_context_words[k].key, word, size) == 0) {
            say = decided(t, item, tx_context + tx_context_words[k].value, available);
            if (say >= 0)
                return say;
            break;
        }
    say = decided(t, item, tx_context + tx_context_general, available);
    return say < 0 ? 0 : say;
}
