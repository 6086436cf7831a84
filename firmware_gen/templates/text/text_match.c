/* Matches a rule at one position in the text, without backtracking, and looks up table entries. */
#include "text_internal.h"

enum {
    END,
    CHAR,
    OPEN,
    ONE,
    DIGITS,
    NUMBER,
    INTEGER,
    SPACE,
    SPACES,
    TABLE,
    SIGN,
    PICK,
    LETTERS,
    CAPITALS,
    EDGE,
    AHEAD
};
static const uint8_t size_of_step[] = {1, 2, 4, 3, 5, 1, 1, 1, 1, 2, 1, 3, 1, 1, 1, 1};
#define MOST_SPACES 8
#define MOST_GROUPED 64

int tx_whole(const uint8_t *w, int i)
{
    int j = i;
    while (tx_digit(w[j]))
        j++;
    if (j - i < 1 || j - i > 3)
        return j;
    while (j - i < MOST_GROUPED && w[j] == TX_GROUP && tx_digit(w[j + 1]) && tx_digit(w[j + 2]) && tx_digit(w[j + 3])
           && !tx_digit(w[j + 4]))
        j += 4;
    return j;
}

/* Compares a key with `size` characters, like strcmp. */
int tx_compare(tx_str key, const uint8_t *text, int size)
{
    const uint8_t *k = tx_at(key);
    int i;
    for (i = 0; i < size; i++)
        if (k[i] != text[i])
            return k[i] < text[i] ? -1 : 1;
    return k[size] ? 1 : 0;
}

int tx_longest(int table, const uint8_t *w, tx_str *value)
{
    const tx_entry *e = tx_entries + tx_tables[table].first, *end = e + tx_tables[table].count;
    for (; e < end; e++) {
        const uint8_t *k = tx_at(e->key);
        int n = 0;
        if (k[0] < w[0])
            continue;
        if (k[0] > w[0])
            break;
        while (k[n] && k[n] == w[n])
            n++;
        if (!k[n] && !(tx_letter(k[n - 1]) && tx_letter(w[n]))) {
            *value = e->value;
            return n;
        }
    }
    return 0;
}

int tx_find(int table, const uint8_t *key, int size, tx_str *value)
{
    const tx_entry *e = tx_entries + tx_tables[table].first, *end = e + tx_tables[table].count;
    for (; e < end; e++)
        if (tx_compare(e->key, key, size) == 0) {
            if (value)
                *value = e->value;
            return 1;
        }
    return 0;
}

static int in_set(const uint8_t *step, int c)
{
    return tx_in(c, (const char *)tx_at((tx_str)(step[1] | step[2] << 8)));
}

int tx_match(const uint8_t *w, int at, const tx_rule *rule, tx_capture *captures)
{
    const uint8_t *step = tx_steps + rule->steps, *inside = 0;
    int i = at, end = -1, count = 0, back = 0, before = 0, behind = 0;
    while (*step != END) {
        int j = i, failed = 0, capture = 0;
        tx_str value = 0;
        if (step == inside)
            inside = 0;
        switch (*step) {
        case CHAR:
            failed = w[i] != step[1] && tx_lower(w[i]) != step[1];
            j++;
            break;
        case OPEN:
            inside = step + 4 + step[1];
            back = i, before = step[2], behind = step[3];
            break;
        case ONE:
            failed = !in_set(step, w[i]);
            j++;
            break;
        case PICK:
            failed = !in_set(step, w[i]);
            j++, capture = 1;
            break;
        case DIGITS: {
            int limit = step[3] | step[4] << 8, number = 0, k;
            while (tx_digit(w[j]))
                j++;
            failed = j - i < step[1] || j - i > step[2];
            if (!failed && limit) {
                for (k = i; k < j; k++)
                    number = number * 10 + w[k] - '0';
                failed = number >= limit;
            }
            capture = 1;
            break;
        }
        case NUMBER:
        case INTEGER:
            j = tx_whole(w, i);
            failed = j == i;
            if (*step == NUMBER && w[j] == TX_DECIMAL && tx_digit(w[j + 1]))
                for (j++; tx_digit(w[j]);)
                    j++;
            capture = 1;
            break;
        case SPACE:
        case SPACES:
            while (w[j] == ' ' && j - i < MOST_SPACES)
                j++;
            failed = *step == SPACE && j == i;
            break;
        case TABLE: {
            int size = tx_longest(step[1], w + i, &value);
            failed = !size;
            j += size;
            capture = 1;
            break;
        }
        case SIGN:
            if (w[i] == '-' || w[i] == '+' || w[i] == tx_c_minus)
                j++;
            capture = 1;
            break;
        case LETTERS:
            while (tx_letter(w[j]))
                j++;
            failed = j == i, capture = 1;
            break;
        case CAPITALS:
            while (tx_capital(w[j]))
                j++;
            failed = j == i, capture = 1;
            break;
        case EDGE:
            failed = tx_alnum(w[i]) || (tx_in(w[i], ".,:/") && i > 0 && tx_digit(w[i - 1]) && tx_digit(w[i + 1]));
            break;
        default:
            end = i;
        }
        if (failed) {
            if (!inside)
                return -1;
            for (count = before; count < behind; count++)
                captures[count].start = captures[count].end = 0, captures[count].value = 0;
            i = back, step = inside, inside = 0;
            continue;
        }
        if (capture) {
            captures[count].start = (uint16_t)i, captures[count].end = (uint16_t)j, captures[count].value = value;
            count++;
        }
        i = j;
        step += size_of_step[*step];
    }
    return end < 0 ? i : end;
}
