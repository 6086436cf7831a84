/* Decodes UTF-8 to folded characters and collapses white space to one space or at most two line breaks. */
#include "text_internal.h"

static int byte(struct tx *t)
{
    int b = t->held;
    t->work += TX_WORK_BYTE;
    if (b >= 0) {
        t->held = -1;
        return b;
    }
    if (t->left) {
        t->left--;
        return *t->bytes++;
    }
    return t->options.byte ? t->options.byte(t->options.user) : -1;
}

/* Returns the next code point, or -1 at the end. Each invalid byte or truncated sequence becomes one U+FFFD. */
static int32_t code_point(struct tx *t)
{
    int b = byte(t), low = 0x80, high = 0xBF, more;
    int32_t code;
    if (b < 0x80)
        return b;
    if (b < 0xC2 || b > 0xF4)
        return 0xFFFD;
    if (b < 0xE0) {
        more = 1, code = b & 31;
    } else if (b < 0xF0) {
        more = 2, code = b & 15;
        if (b == 0xE0)
            low = 0xA0;
        if (b == 0xED)
            high = 0x9F;
    } else {
        more = 3, code = b & 7;
        if (b == 0xF0)
            low = 0x90;
        if (b == 0xF4)
            high = 0x8F;
    }
    while (more--) {
        b = byte(t);
        if (b < low || b > high) {
            t->held = b;
            return 0xFFFD;
        }
        code = code << 6 | (b & 63);
        low = 0x80, high = 0xBF;
    }
    return code;
}

/* Returns the index of `wanted` in a sorted array of uint16_t (uint32_t if `large` is set), or -1 if it is absent. */
static int find(const void *values, int large, int count, uint32_t wanted)
{
    const uint16_t *small = values;
    const uint32_t *wide = values;
    int low = 0;

    while (count > 1) {
        int half = count / 2;
        if ((large ? wide[low + half] : small[low + half]) <= wanted)
            low += half, count -= half;
        else
            count = half;
    }
    return count == 1 && (large ? wide[low] : small[low]) == wanted ? low : -1;
}

/* Returns the replacement text of a code point outside ASCII and sets *named if that text is a name. */
static tx_str text_of(struct tx *t, uint32_t code, int *named)
{
    int k = code < 0x10000 ? find(tx_small, 0, tx_small_count, code) : find(tx_large, 1, tx_large_count, code);
    if (k >= 0) {
        uint16_t found = code < 0x10000 ? tx_small_text[k] : tx_large_text[k];
        *named = found & 1;
        return found >> 1;
    }
    *named = 1;
    t->unnamed++;
    for (k = 0; k < tx_range_count; k++)
        if (code >= tx_ranges[k].first && code <= tx_ranges[k].last)
            return tx_ranges[k].name;
    return tx_unknown;
}

/* Returns the code of a non-ASCII phoneme that follows `](/`, or 0 if there is none. */
static int phonetic(struct tx *t, uint32_t code)
{
    static const char follows[] = "](/";
    int number;
    if (t->follows == 3 && (number = tx_phoneme(code)) != 0) {
        if (code < 0x80)
            return 0;
        t->last_name = 0;
        return tx_phoneme_codes[number];
    }
    if (t->follows < 3 && code == (uint8_t)follows[t->follows])
        t->follows++;
    else
        t->follows = code == ']';
    return 0;
}

/* Returns the next folded character, with white space unchanged, or 0 at the end, or TX_LATER. */
static int folded(struct tx *t)
{
    for (;;) {
        int32_t code;
        int named, phoneme;
        tx_str text;
        if (*t->rest)
            return *t->rest++;
        if (t->work >= TX_WORK)
            return TX_LATER;
        code = code_point(t);
        if (code < 0)
            return 0;
        if ((phoneme = phonetic(t, (uint32_t)code)) != 0)
            return phoneme;
        if (code < 0x80) {
            if (code == '\r')
                code = '\n';
            if ((code < 0x20 && code != '\t' && code != '\n') || code == 0x7F)
                code = ' ';
            if (code != ' ' && code != '\t')
                t->last_name = 0;
            return code;
        }
        text = text_of(t, (uint32_t)code, &named);
        if (!named) {
            const uint8_t *s = tx_at(text);
            if (*s && !(s[1] == 0 && (*s == ' ' || *s == '\t')))
                t->last_name = 0;
            t->rest = s;
        } else if (text != t->last_name) {
            t->rest = tx_at(text);
            t->last_name = text;
        }
    }
}

/* Returns the next character for the window, or 0 at the end, or TX_LATER. */
static int tidy(struct tx *t)
{
    int c;
    if (t->breaks)
        return t->breaks--, '\n';
    if (t->ended)
        return 0;
    if (t->spaces) { /* the character that follows white space is pending */
        c = t->spaces;
        t->spaces = 0;
        t->run = 1;
        return c;
    }
    while ((c = folded(t)) == ' ' || c == '\t' || c == '\n') {
        if (!t->gap)
            t->gap = 1;
        if (c == '\n' && t->gap < 3)
            t->gap++;
    }
    if (c == TX_LATER)
        return c;
    if (t->gap) {
        int breaks = t->gap - 1;
        t->gap = 0;
        t->run = 0;
        if (c)
            t->spaces = (uint8_t)c;
        else
            t->ended = 1;
        if (!breaks)
            return ' ';
        t->breaks = (uint8_t)(breaks - 1);
        return '\n';
    }
    if (!c) {
        t->ended = 1;
        return 0;
    }
    if (t->run == TX_RUN) {
        t->spaces = (uint8_t)c;
        t->run = 0;
        return ' ';
    }
    t->run++;
    return c;
}

int tx_fill(struct tx *t)
{
    int c = 0;
    if (t->size - t->at >= TX_AHEAD || (t->ended && !t->breaks))
        return 1;
    if (t->at > 1) {
        int gone = t->at - 1;
        memmove(t->window, t->window + gone, (size_t)(t->size - gone));
        t->at = 1;
        t->size = (uint16_t)(t->size - gone);
    }
    while (t->size < TX_WINDOW) {
        c = tidy(t);
        if (c <= 0)
            break;
        t->window[t->size++] = (uint8_t)c;
        if (c != ' ' && c != '\n') {
            if (t->only < 2)
                t->only++;
            t->lone = (uint8_t)c;
        }
    }
    memset(t->window + t->size, 0, 8);
    return c != TX_LATER || t->size - t->at >= TX_AHEAD;
}
