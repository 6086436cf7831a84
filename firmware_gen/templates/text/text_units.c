/* Converts the words of a sentence to phonemes. The pronunciation of a few words depends on the first sound of
   the next word. A unit consists of such words, the word that they depend on, and any compounds. Units are converted
   from first to last, so the first phonemes are available before the last words have been read. The words within a unit
   are converted from last to first. */
#include "text_internal.h"

#define NO_PART 0xFFFF

static int is_loud(const struct tx *t)
{
    int k, written = 0, capitals = 0;
    for (k = 0; k < t->items; k++)
        if (!(t->flags[k] & (TX_MARK | TX_SAID | TX_LETTER | TX_PHONEMES)))
            written++, capitals += !!(t->flags[k] & TX_CAPITALS);
    return written > 1 && 4 * capitals >= 3 * written;
}

/* Demotes primary stress to secondary stress and overwrites secondary stress with 0, which is later skipped. */
static void lighten(uint8_t *said, int n)
{
    int k;
    if (!tx_contains(said, n, tx_s_primary))
        return;
    for (k = 0; k < n; k++) {
        if (said[k] == tx_s_secondary)
            said[k] = 0;
        else if (said[k] == tx_s_primary)
            said[k] = tx_s_secondary;
    }
}

static int weight(const uint8_t *said, int n)
{
    int sum = 0;
    for (; n--; said++)
        sum += tx_sound_class[*said] & TX_LONG ? 2 : 1;
    return sum;
}

/* Reduces the stress of a compound: the lighter half of its parts loses primary stress. */
static void compound(struct tx *t, int from, int to)
{
    uint16_t heavy[TX_ITEMS]; /* weight of each item, with primary stress in the highest bit */
    int parts = 0, mains = 0, k, first = -1, last = -1, chosen;
    for (k = from; k < to; k++) {
        const uint8_t *said = t->sounds + t->starts[k];
        int n = t->starts[k + 1] - t->starts[k], main_ = tx_contains(said, n, tx_s_primary);
        heavy[k] = (uint16_t)(n ? main_ << 15 | weight(said, n) : NO_PART);
        if (!n)
            continue;
        if (first < 0)
            first = k;
        last = k;
        parts++;
        mains += main_;
    }
    if (parts == 2 && t->texts[first + 1] - t->texts[first] == 1) {
        lighten(t->sounds + t->starts[last], t->starts[last + 1] - t->starts[last]);
        return;
    }
    if (parts < 2 || mains <= (parts + 1) / 2)
        return;
    for (chosen = 0; chosen < parts / 2; chosen++) {
        int best = first;
        for (k = first; k < to; k++)
            if (heavy[k] < heavy[best])
                best = k;
        heavy[best] = NO_PART;
        lighten(t->sounds + t->starts[best], t->starts[best + 1] - t->starts[best]);
    }
}

static int clause(int c)
{
    return tx_in(c, ",;:") || c == tx_c_dash;
}

#if TX_JOINS
static int is_sound(int c)
{
    return tx_sound_class[c] & (TX_VOWEL | TX_CONSONANT);
}

/* Replaces the last phoneme of a word and the first one of the next word as the pack's joins require. */
static void join(uint8_t *last, uint8_t *first, const uint8_t *end)
{
    const uint8_t *row = tx_joins;
    while (first < end && (!*first || *first == tx_s_primary || *first == tx_s_secondary))
        first++; /* 0: a stress that `lighten` has removed */
    if (first == end || !is_sound(*last))
        return;
    for (; row < tx_joins + 4 * TX_JOINS; row += 4)
        if ((!row[0] || row[0] == *last) && row[1] == *first) {
            if (row[2])
                *last = row[2];
            *first = row[3];
            return;
        }
}
#endif

/* Returns the position of a word's mark of emphasis: the first primary stress or, if there is none, the first secondary
   stress, the first vowel, or the first phoneme. Returns -1 if that is a consonant, as in "l'". */
static int emphasis_at(const uint8_t *said, int n)
{
    int at = -1, best = 1;
    while (n--) {
        int c = said[n];
        int kind = tx_sound_class[c], rank = n == 0 && !(kind & TX_CONSONANT);
        if (kind & TX_VOWEL)
            rank = 2;
        if (c == tx_s_primary || c == tx_s_secondary)
            rank = c == tx_s_primary ? 4 : 3;
        if (rank >= best)
            best = rank, at = n;
    }
    return at;
}

/* Appends the items `from` to `to` - 1. A line is never longer than its items plus one space per word and one mark per
   emphasised word, which tx_item counts. A mark of emphasis replaces a stress. */
static void extend(struct tx *t, int from, int to)
{
    uint8_t *out = t->sounds;
    int n = t->length, k;
    for (k = from; k < to; k++) {
        int mark = t->letters[t->texts[k]], last = t->last, level = t->flags[k] >> TX_LEVEL, at = -1, j;
        if (t->flags[k] & TX_MARK && !(mark == '(' || mark == tx_c_quote)) {
            if (clause(last) && clause(mark))
                continue;
            if ((n && !(tx_in(last, ".!?") || last == tx_c_dots)) || mark == tx_c_unquote || mark == ')') {
                if (mark == tx_c_dash)
                    out[n++] = tx_s_space;
                out[n++] = tx_mark_sound[mark];
                t->last = (uint8_t)mark;
            }
            t->opened = 0;
            continue;
        }
        if (t->starts[k] == t->starts[k + 1])
            continue;
#if TX_JOINS
        if (n)
            join(out + n - 1, t->sounds + t->starts[k], t->sounds + t->starts[k + 1]);
#endif
        if (n && !t->opened && !(t->flags[k] & TX_JOINED))
            out[n++] = tx_s_space;
        if (level)
            at = emphasis_at(t->sounds + t->starts[k], t->starts[k + 1] - t->starts[k]);
        for (j = t->starts[k]; j < t->starts[k + 1]; j++, at--) {
            const int sound = t->sounds[j];
            if (at == 0)
                out[n++] = (uint8_t)(tx_phoneme_count + level);
            if (sound && !(at == 0 && (sound == tx_s_primary || sound == tx_s_secondary)))
                out[n++] = (uint8_t)sound;
        }
        t->opened = t->flags[k] & TX_MARK;
        t->last = (uint8_t)(t->opened ? mark : 0);
    }
    t->length = (uint16_t)n;
}

/* Returns whether a mark causes no pause. */
static int silent_mark(int mark)
{
    return mark == tx_c_quote || mark == tx_c_unquote || mark == '"' || mark == '(' || mark == ')';
}

/* Returns whether an item depends on the next one, because it has a weak form, is read as the name of a letter before a
   pause, or has a separate reading before a pause. A silent mark always depends on the item after it. */
static int needs_next(struct tx *t, int item)
{
    const uint8_t *word = t->letters + t->texts[item];
    int size = t->texts[item + 1] - t->texts[item], k;
    uint8_t small[TX_LETTERS + 1];
    t->work += TX_WORK_ITEM;
    if (t->flags[item] & TX_MARK)
        return silent_mark(word[0]);
    if (!size || t->flags[item] & (TX_PHONEMES | TX_LETTER))
        return 0;
    tx_lowered(word, size, small);
    if (tx_weak_form(small, size) || tx_find(tx_lone, small, size, 0))
        return 1;
    small[size] = 'P';
    k = (small[0] + 5 * small[size - 1] + 37 * size) & 255;
    return tx_pausing[k >> 3] >> (k & 7) & 1 && size < TX_LETTERS && tx_look_up(t, small, size + 1, small, 0, 0) >= 0;
}

#if TX_ASPIRATED || TX_VOCALIC
/* Corrects `next` for words that count as beginning with a consonant or a vowel, whatever their first sound. */
static void liaison(struct tx *t, int item)
{
    int size;
    const uint64_t classes = tx_classes_of(t, item, &size);
    if (classes & TX_VOCALIC)
        t->next = TX_VOWEL_NEXT;
    else if (classes & TX_ASPIRATED)
        t->next = TX_CONSONANT_NEXT;
}
#endif

/* Writes the phonemes of an item to `said` and returns their number, or TX_LATER. Sets `next` to the kind of sound that the
   item begins with. */
static int item_of(struct tx *t, int item, uint8_t *said)
{
    int n, k;
    t->work += TX_WORK_ITEM;
    if (t->flags[item] & TX_MARK) {
        int mark = t->letters[t->texts[item]];
        if (!silent_mark(mark))
            t->next = TX_PAUSE_NEXT;
        said[0] = tx_mark_sound[mark];
        return 1;
    }
    n = tx_word(t, item, said);
    for (k = 0; k < n; k++)
        if (tx_sound_class[said[k]] & (TX_VOWEL | TX_CONSONANT)) {
            t->next = tx_sound_class[said[k]] & TX_VOWEL ? TX_VOWEL_NEXT : TX_CONSONANT_NEXT;
#if TX_ASPIRATED || TX_VOCALIC
            liaison(t, item);
#endif
            break;
        }
    return n;
}

void tx_speak_begin(struct tx *t)
{
    t->length = 0, t->opened = t->last = t->spoken = t->to = 0;
    t->loud = (uint8_t)is_loud(t);
}

/* Finds the next item's unit, `spoken` to `to` - 1, and converts its last item. Returns the number of phonemes, or TX_LATER. */
static int find_unit(struct tx *t, uint8_t *said)
{
    int n;
    while (t->guess != TX_GUESSED && t->to < t->items && (t->flags[t->to] & TX_JOINED || needs_next(t, t->to - 1))) {
        t->to++;
        if (t->work >= TX_WORK)
            return TX_LATER;
    }
    t->next = t->to == t->items ? TX_PAUSE_NEXT : TX_UNKNOWN_NEXT;
    n = item_of(t, t->to - 1, said);
    if (n == TX_LATER)
        return n;
    if (t->next == TX_UNKNOWN_NEXT && t->to != t->spoken + 1) {
        t->to++; /* the mark is silent, and the words before it depend on the next word */
        return TX_LATER;
    }
    t->item = t->to;
    t->top = t->starts[t->to] = (uint16_t)sizeof t->sounds;
    return n;
}

/* Converts an item of the next unit, whose items depend on each other. Each item is built directly behind the line of
   phonemes and then moved to the end of the buffer. Finally, the whole unit is copied from the end of the buffer to the
   line. */
int tx_speak(struct tx *t)
{
    uint8_t *said = t->sounds + t->length;
    int n, k;
    if (t->to == t->spoken) {
        t->to++;
        t->item = 0;
    }
    n = t->item ? item_of(t, t->item - 1, said) : find_unit(t, said);
    if (n == TX_LATER)
        return 1;
    t->item--;
    t->top = (uint16_t)(t->top - n);
    memmove(t->sounds + t->top, said, (size_t)n);
    t->starts[t->item] = t->top;
    if (t->item > t->spoken)
        return 1;
    t->work += TX_WORK_ITEM + TX_WORK_PART * (uint32_t)(t->to - t->spoken);
    for (k = t->spoken; k < t->to;) {
        int first = k++;
        while (k < t->to && t->flags[k] & TX_JOINED)
            k++;
        compound(t, first, k);
    }
    extend(t, t->spoken, t->to);
    t->spoken = t->to;
    return t->to < t->items;
}
