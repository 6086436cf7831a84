/* Adds the words of a matched rule and spells out numbers. */
#include "text_internal.h"

#define MOST_DIGITS 18

static int is_mark(int c)
{
    return tx_mark_sound[c] != 0;
}

/* Adds one word of a rule: a mark, letters to be spelled (such as =pm), or a plain word. */
static void say_word(struct tx *t, const uint8_t *word, int size)
{
    if (size == 1 && is_mark(word[0]))
        tx_mark(t, word[0]);
    else if (word[0] == '=')
        tx_item(t, word + 1, size - 1, TX_LETTER);
    else
        tx_item(t, word, size, TX_SAID);
}

/* Adds words separated by spaces, up to "|" or the end of the string. */
void tx_say_words(struct tx *t, const uint8_t *words)
{
    while (*words && *words != '|') {
        int size = 0;
        while (words[size] && words[size] != ' ' && words[size] != '|')
            size++;
        if (size)
            say_word(t, words, size);
        words += size;
        while (*words == ' ')
            words++;
    }
}

static void say(struct tx *t, tx_str words)
{
    tx_say_words(t, tx_at(words));
}

void tx_each(struct tx *t, const uint8_t *digits, int size)
{
    int i;
    for (i = 0; i < size; i++)
        if (tx_digit(digits[i]))
            say(t, tx_units[digits[i] - '0']);
}

/* The words of a number below 10^18. */
typedef struct {
    tx_str words[32];
    int count;
} spoken;

static void below_thousand(spoken *s, int value)
{
    if (value >= 100) {
#if TX_HUNDREDS
        s->words[s->count++] = tx_hundreds[value == 100 ? 0 : value / 100];
#else
        s->words[s->count++] = tx_units[value / 100], s->words[s->count++] = tx_hundred;
#endif
    }
    value %= 100;
    if (value >= TX_UNITS) {
        const int tens = value / 10;
        s->words[s->count++] = tx_tens[tens], value %= 10;
#if TX_JOINT
        if (value && (!TX_JOINED_TENS || (value == 1 && TX_JOINED_TENS >> tens & 1)))
            s->words[s->count++] = tx_joint;
#endif
        if (TX_COUNTED_ON >> tens & 1)
            value += 10;
    }
    if (value)
        s->words[s->count++] = tx_units[value];
}

/* Replaces a word if the table lists it. */
static void replaced(spoken *s, int k, int table)
{
    tx_str other;
    if (tx_find(table, tx_at(s->words[k]), tx_length(tx_at(s->words[k])), &other))
        s->words[k] = other;
}

/* Converts digits to words, ignoring separators. Returns 0 if there are too many digits. */
static int cardinal(spoken *s, const uint8_t *text, int size)
{
    uint8_t digits[MOST_DIGITS];
    int n = 0, i, groups, k, above = 0;
    s->count = 0;
    for (i = 0; i < size; i++)
        if (tx_digit(text[i]) && (n || text[i] != '0')) {
            if (n == MOST_DIGITS)
                return 0;
            digits[n++] = text[i] - '0';
        }
    if (!n) {
        s->words[s->count++] = tx_units[0];
        return 1;
    }
    if ((n - 1) / 3 > tx_scale_count)
        return 0;
    groups = (n + 2) / 3;
    for (k = 0, i = 0; k < groups; k++) {
        int end = n - 3 * (groups - 1 - k), value = 0, scale;
        for (; i < end; i++)
            value = value * 10 + digits[i];
        scale = groups - 2 - k;
        if (value && !(value == 1 && scale >= 0 && TX_BARE >> scale & 1)) {
            below_thousand(s, value);
            if (TX_GENDERS && scale >= 0)
                replaced(s, s->count - 1, tx_masculine);
        }
        if (scale >= 0 && (value || above))
            s->words[s->count++] = above || value > 1 ? tx_scales_many[scale] : tx_scales[scale];
        above = TX_LONG_SCALE && (groups - k) % 2 == 0 ? value : 0;
    }
    return 1;
}

/* Adds a number. `table` replaces its last word, or every word if it is the table of feminine forms. */
static void say_before(struct tx *t, const uint8_t *digits, int size, int table)
{
    spoken s;
    int i;
    if (cardinal(&s, digits, size)) {
        if (TX_GENDERS && table)
            for (i = table == tx_feminine ? 0 : s.count - 1; i < s.count; i++)
                replaced(&s, i, table);
        for (i = 0; i < s.count; i++)
            say(t, s.words[i]);
        return;
    }
    while (size > 1 && (*digits == '0' || *digits == TX_GROUP))
        digits++, size--;
    tx_each(t, digits, size);
}

static void say_cardinal(struct tx *t, const uint8_t *digits, int size)
{
    say_before(t, digits, size, 0);
}

/* Adds an ordinal, followed by `ending` for plurals, as in "two fifths". */
static void say_ordinal(struct tx *t, const uint8_t *digits, int size, const uint8_t *ending)
{
    spoken s;
    int i;
    uint8_t last[TX_LETTERS + 1];
    int n = 0;
    tx_str word, other;
    if (!cardinal(&s, digits, size)) { /* say the digits one by one and make only the last one an ordinal */
        int k = size;
        while (size > 1 && (*digits == '0' || *digits == TX_GROUP))
            digits++, size--;
        for (k = size; k > 0 && !tx_digit(digits[k - 1]);)
            k--;
        tx_each(t, digits, k - 1);
        s.count = 1, s.words[0] = tx_units[digits[k - 1] - '0'];
    }
    for (i = 0; i + 1 < s.count; i++)
        say(t, s.words[i]);
    word = s.words[s.count - 1];
    if (tx_find(tx_ordinals, tx_at(word), tx_length(tx_at(word)), &other))
        word = other;
    for (; tx_at(word)[n] && n < TX_LETTERS - 1; n++)
        last[n] = tx_at(word)[n];
    while (*ending && n < TX_LETTERS)
        last[n++] = *ending++;
    last[n] = 0;
    tx_say_words(t, last);
}

static void two(struct tx *t, const uint8_t *d)
{
    if (d[0] == '0')
        say(t, tx_oh), say(t, tx_units[d[1] - '0']);
    else
        say_cardinal(t, d, 2);
}

static void year(struct tx *t, const uint8_t *d, int size)
{
    if (size != 4 || d[0] == '0' || (d[1] == '0' && d[2] == '0')) {
        say_cardinal(t, d, size);
        return;
    }
    say_cardinal(t, d, 2);
    if (d[2] == '0' && d[3] == '0')
        say(t, tx_hundred);
    else
        two(t, d + 2);
}

static int zeros(const uint8_t *d, int size)
{
    while (size && *d == '0')
        d++, size--;
    return !size;
}

void tx_code(struct tx *t, const uint8_t *d, int size)
{
    if (d[0] == '0' || size > 4)
        tx_each(t, d, size);
    else if (TX_WHOLE || size <= 2 || zeros(d + 1, size - 1))
        say_cardinal(t, d, size);
    else if (size == 3)
        say(t, tx_units[d[0] - '0']), two(t, d + 1);
    else {
        say_cardinal(t, d, 2);
        if (zeros(d + 2, 2))
            say(t, tx_hundred);
        else
            two(t, d + 2);
    }
}

/* Says a number. `table` replaces words of a number without decimals. */
static void number(struct tx *t, const uint8_t *d, int size, int table)
{
    int point = 0, decimals;
    while (point < size && d[point] != TX_DECIMAL)
        point++;
    decimals = size - point - 1;
    say_before(t, d, point, decimals >= 0 ? 0 : table);
    if (decimals <= 0)
        return;
    say(t, tx_point);
    if (decimals <= TX_DECIMALS && d[point + 1] != '0')
        say_cardinal(t, d + point + 1, decimals);
    else
        tx_each(t, d + point + 1, decimals);
}

void tx_number(struct tx *t, const uint8_t *d, int size)
{
    number(t, d, size, 0);
}

static int is_one(const uint8_t *d, int size)
{
    while (size && *d == '0')
        d++, size--;
    return size == 1 && *d == '1';
}

/* Returns form k of a value, or the last form if the value has fewer forms. Forms are separated by "|". */
static const uint8_t *form(tx_str value, int k)
{
    const uint8_t *s = tx_at(value);
    while (k-- && tx_in('|', (const char *)s))
        s += tx_position('|', (const char *)s);
    return s;
}

void tx_say(struct tx *t, const uint8_t *w, const tx_rule *rule, const tx_capture *captures)
{
    const tx_verb *v = tx_verbs + rule->verbs;
    for (; v->verb; v++) {
        const tx_capture *c, *other;
        const uint8_t *d;
        tx_str value;
        int size;
        if (v->verb == 1) {
            say(t, v->word);
            continue;
        }
        c = captures + (v->captures & 15) - 1, d = w + c->start, size = c->end - c->start;
        if (!size)
            continue;
        other = captures + (v->captures >> 4 ? (v->captures >> 4) - 1 : 0);
        switch (v->verb) {
        case '?':
            say(t, v->word);
            break;
        case 's': {
            uint8_t name[TX_RUN];
            int n = 0, i;
            for (i = 0; i < size; i++)
                if (tx_letter(d[i]))
                    name[n++] = (uint8_t)tx_lower(d[i]);
            tx_item(t, name, n, TX_LETTER);
            break;
        }
        case 'c':
            tx_number(t, d, size);
            break;
#if TX_GENDERS
        case 'u':
            number(t, d, size, tx_masculine);
            break;
        case 'e':
            number(t, d, size, tx_feminine);
            break;
#endif
        case 'o':
            say_ordinal(t, d, size, (const uint8_t *)"");
            break;
        case 'd':
            tx_each(t, d, size);
            break;
        case 'k':
            tx_code(t, d, size);
            break;
        case 'y':
            year(t, d, size);
            break;
        case 'm':
            if (size == 2 && zeros(d, 2))
                break;
            if (size == 2)
                two(t, d);
            else
                say_cardinal(t, d, size);
            break;
        case 'M':
            if (zeros(d, size))
                tx_say_words(t, tx_at(tx_clock));
            else
                two(t, d);
            break;
        case 'n':
            if (tx_find(tx_signs, d, 1, &value))
                say(t, value);
            break;
        case 't':
            tx_say_words(t, form(c->value, 0));
            break;
        case 'p':
        case 'P':
            tx_say_words(t,
                         form(c->value, 2 * (v->verb == 'P') + !is_one(w + other->start, other->end - other->start)));
            break;
        default: { /* f */
            int single = is_one(w + other->start, other->end - other->start);
            const uint8_t *key = d;
            int n = size;
            while (n && *key == '0')
                key++, n--;
            if (tx_find(tx_parts, key, n, &value))
                tx_say_words(t, form(value, !single));
            else
                say_ordinal(t, d, size, single ? (const uint8_t *)"" : tx_at(tx_plural));
        }
        }
    }
}
