/* Looks up words in the compressed lexicon and derives words from their stems. The lexicon is stored in blocks, with
   front coding and prefix codes for letters and phonemes. */
#include "text_internal.h"

static const char after_letters[] = "'VNJDP";
#define SHORTEST_STEM 2
#define SHORTEST_GUESS 3 /* minimum length of a stem that the network reads */
enum {
    LETTERS = TX_ALPHABET + 7,  /* with the characters after the letters, and 0 */
    SPEAKING = TX_ALPHABET + 1, /* letters with chunks, and the apostrophe */
    KIND = 0,
    SHARED,
    SPELLED,
    AFTER,                     /* a letter */
    INSTEAD = AFTER + LETTERS, /* of a letter of the previous word */
    CHUNK = INSTEAD + LETTERS,
};

typedef struct {
    uint32_t at;
} bits;

static int next_bit(bits *b)
{
    int bit = tx_lexicon[b->at >> 3] >> (7 - (b->at & 7)) & 1;
    b->at++;
    return bit;
}

/* Returns the next symbol of a canonical code, or -1 if there is none. A code is stored as the maximum code length,
   the number of codes per length, and the symbols. */
static int read_code(bits *b, int which)
{
    const uint8_t *code = tx_codes + tx_code_places[which];
    int longest = code[0], k, value = 0, first = 0, index = 0;
    const uint8_t *symbols = code + 1 + longest;
    if (longest == 1 && code[1] == 1) /* the code of a single symbol takes no bits */
        return symbols[0];
    for (k = 1; k <= longest; k++) {
        value |= next_bit(b);
        if (value - first < code[k])
            return symbols[index + value - first];
        index += code[k];
        first = (first + code[k]) << 1;
        value <<= 1;
    }
    return -1;
}

static int letter_of(int c)
{
    int position;
    if (tx_small_letter(c))
        return tx_letter_number(c) + 1;
    position = tx_position(c, after_letters);
    return position ? TX_ALPHABET + position : -1;
}

/* Decodes the next word into `letters`, which on entry holds the previous word, followed by a 0. Returns the word's
   length. */
static int next_word(bits *b, uint8_t *letters, int first)
{
    int n = first ? 0 : read_code(b, SHARED), which = first ? AFTER : INSTEAD + letters[n];
    while (n < TX_LETTERS) {
        int c = read_code(b, which);
        if (c <= 0)
            break;
        letters[n++] = (uint8_t)c;
        which = AFTER + c;
    }
    letters[n] = 0;
    return n;
}

static int compare(const uint8_t *a, int n, const uint8_t *b, int m)
{
    int k;
    for (k = 0; k < n && k < m; k++)
        if (a[k] != b[k])
            return a[k] < b[k] ? -1 : 1;
    return n - m;
}

/* Decodes at most `room` phonemes of a word into `said` and returns their number. */
static int phonemes(bits *b, const uint8_t *letters, int n, int kind, uint8_t *said, int room)
{
    int count = 0, k, stressed = 0;
    if (kind & 2) {
        int p;
        while ((p = read_code(b, SPELLED)) > 0)
            if (count < room)
                said[count++] = (uint8_t)p;
        return count;
    }
    for (k = 0; k < n; k++) {
        const uint8_t *chunk;
        int letter = letters[k] - 1, following = k + 1 < n && letters[k + 1] <= SPEAKING ? letters[k + 1] : 0, number;
        if (letter >= SPEAKING)
            continue;
        number = (letter * 2 + stressed) * (SPEAKING + 1) + following;
        number = tx_chunk_codes[letter] + (tx_chunk_groups[number / 2] >> number % 2 * 4 & 15);
        number = read_code(b, CHUNK + number);
        stressed |= tx_main_chunk[number];
        for (chunk = tx_sound(tx_chunks[number]); *chunk; chunk++)
            if (count < room)
                said[count++] = *chunk;
    }
    return count;
}

int tx_look_up(struct tx *t, const uint8_t *word, int size, uint8_t *said, int room, int *readings)
{
    uint8_t wanted[TX_LETTERS + 1], letters[TX_LETTERS + 1];
    int low = 0, high = tx_lexicon_blocks, k, n, words;
    bits b;
    t->work += TX_WORK_LOOK_UP;
    if (size < 1 || size > TX_LETTERS)
        return -1;
    for (k = 0; k < size; k++) {
        int c = letter_of(word[k]);
        if (c < 0)
            return -1;
        wanted[k] = (uint8_t)c;
    }
    while (high - low > 1) {
        int middle = (low + high) / 2;
        b.at = tx_lexicon_offsets[middle] * 8u;
        n = next_word(&b, letters, 1);
        if (compare(letters, n, wanted, size) > 0)
            high = middle;
        else
            low = middle;
    }
    b.at = tx_lexicon_offsets[low] * 8u;
    words = tx_lexicon_words - low * tx_lexicon_block;
    if (words > tx_lexicon_block)
        words = tx_lexicon_block;
    for (k = 0; k < words; k++) {
        int kind, order, count;
        n = next_word(&b, letters, k == 0);
        kind = read_code(&b, KIND);
        order = compare(letters, n, wanted, size);
        if (order > 0)
            return -1;
        count = phonemes(&b, letters, n, kind, said, order ? 0 : room);
        if (!order) {
            if (readings)
                *readings = kind & 1;
            return count;
        }
    }
    return -1;
}

static int has(const uint8_t *sounds, int c)
{
    for (; *sounds; sounds++)
        if (*sounds == c)
            return 1;
    return 0;
}

/* Appends an ending to `said` and returns the new length. */
int tx_with_ending(uint8_t *said, int size, const tx_ending *e)
{
    int k;
    const uint8_t *s;
    if (e->flags & TX_FLAP && size > 1 && said[size - 1] == tx_s_t && tx_sound_class[said[size - 2]] & TX_TAPPED)
        said[size - 1] = tx_s_tap;
    if (e->cut) {
        int n = tx_length(tx_sound(e->cut));
        if (size < n || memcmp(said + size - n, tx_sound(e->cut), (size_t)n))
            return size;
        size -= n;
        for (s = tx_sound(e->put); *s; s++)
            said[size++] = *s;
    }
    for (k = 0; k < e->say_count; k++) {
        const tx_entry *say = tx_ending_says + e->says + k;
        if (say->key && !(size && has(tx_sound(say->key), said[size - 1])))
            continue;
        for (s = tx_sound(say->value); *s; s++)
            said[size++] = *s;
        return size;
    }
    return size;
}

static int ends_with(const uint8_t *word, int size, tx_str letters)
{
    int n = tx_length(tx_at(letters));
    return size >= n && memcmp(word + size - n, tx_at(letters), (size_t)n) == 0;
}

/* Looks up a stem among the user words, in the same case as the word from which the stem was derived. */
static int own_stem(struct tx *t, const uint8_t *written, const uint8_t *word, int size, const uint8_t *stem, int n,
                    uint8_t *said)
{
    uint8_t capital[TX_STEM];
    int k;
    memcpy(capital, stem, (size_t)n);
    for (k = 0; k < n && k < size && stem[k] == word[k]; k++)
        capital[k] = written[k];
    return tx_own_word(t, capital, n, said);
}

static int has_ending(const uint8_t *word, int size, const tx_ending *ending)
{
    int k;
    for (k = 0; k < 3; k++)
        if (ending->but_not[k] && ends_with(word, size, ending->but_not[k]))
            return 0;
    return ends_with(word, size, ending->letters);
}

/* Writes the stem number `k` of a word with this ending to `stem` and returns its length, or 0 if there is none. */
static int stem_of(const uint8_t *word, int size, const tx_ending *ending, int k, uint8_t *stem)
{
    const uint8_t *s = tx_at(ending->stems[k]);
    int n = size - tx_length(tx_at(ending->letters));
    memcpy(stem, word, (size_t)n);
    if (*s == '-')
        return n > 2 && word[n - 1] == word[n - 2] ? n - 1 : 0;
    for (; *s; s++)
        stem[n++] = *s;
    return n;
}

const tx_ending *tx_guessed_stem(const uint8_t *word, int *size, uint8_t *stem)
{
    const tx_ending *e;
    for (e = tx_endings; e < tx_endings + tx_ending_count; e++)
        if (e->flags & TX_GUESS && has_ending(word, *size, e)) {
            int n = 0, k;
            for (k = 0; n < SHORTEST_STEM && k < e->stem_count; k++)
                n = stem_of(word, *size, e, k, stem);
            if (n >= SHORTEST_GUESS) {
                *size = n;
                return e;
            }
        }
    memcpy(stem, word, (size_t)*size);
    return 0;
}

int tx_derive(struct tx *t, const uint8_t *written, const uint8_t *word, int size, uint8_t *said, int room)
{
    int e, k;
    for (e = 0; e < tx_ending_count; e++) {
        const tx_ending *ending = tx_endings + e;
        if (!has_ending(word, size, ending))
            continue;
        for (k = 0; k < ending->stem_count; k++) {
            uint8_t stem[TX_STEM];
            int n = stem_of(word, size, ending, k, stem), count;
            if (n < SHORTEST_STEM)
                continue;
            count = tx_has_own(t) ? own_stem(t, written, word, size, stem, n, said) : 0;
            if (count <= 0)
                count = tx_look_up(t, stem, n, said, room, 0);
            if (count > 0)
                return tx_with_ending(said, count, ending);
        }
    }
    return -1;
}
