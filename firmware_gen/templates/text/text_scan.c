/* Splits the window into items: the reading of a rule where one matches, otherwise words and marks. */
#include "text_internal.h"

#define QUIET(c) ((c) == ' ' || (c) == '\n' || !(c))

static int is_end(int c)
{
    return tx_in(c, ".!?") || c == tx_c_dots;
}
static int is_closer(int c)
{
    return tx_in(c, "\"')]}") || c == tx_c_unquote;
}
static int is_opener(int c)
{
    return tx_in(c, "([{\"'") || c == tx_c_quote;
}

/* Returns the end of a run of letters, and apostrophes between letters, that starts at `i`. */
static int run_end(const uint8_t *w, int i)
{
    while (tx_letter(w[i]))
        i++;
    while (w[i] == '\'' && tx_letter(w[i + 1]))
        for (i++; tx_letter(w[i]);)
            i++;
    return i;
}

static int letters_end(const uint8_t *w, int i)
{
    while (tx_letter(w[i]))
        i++;
    return i;
}

/* Applies the first matching rule of a list at `at`. Returns the end of the match, or -1 if no rule matches. */
static int try_rules(struct tx *t, const uint16_t *list, int at)
{
    const uint8_t *w = t->window;
    int before = at ? w[at - 1] : ' ';
    for (; *list != 0xFFFF; list++) {
        const tx_rule *rule = tx_rules + *list;
        tx_capture captures[10];
        int end;
        if (rule->after == 1 && !(before == ' ' || before == '\n' || is_opener(before)))
            continue;
        if (rule->after == 2 && tx_alnum(before))
            continue;
        end = tx_match(w, at, rule, captures);
        if (end < 0)
            continue;
        tx_say(t, w, rule, captures);
        return end;
    }
    return -1;
}

/* Returns the index at which scanning resumes after a match, skipping the hyphen of a compound. */
static int behind(const uint8_t *w, int i)
{
    return w[i] == '-' && tx_letter(w[i + 1]) ? i + 1 : i;
}

static const uint16_t *rules_of_word(const uint8_t *w, int i, int end)
{
    uint8_t run[TX_RUN];
    int low = 0, high = tx_by_word_count, n = end - i;
    tx_lowered(w + i, n, run);
    while (low < high) {
        int middle = (low + high) / 2, order = tx_compare(tx_by_word[middle].key, run, n);
        if (!order)
            return tx_lists + tx_by_word[middle].value;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return 0;
}

static void say_mark(struct tx *t, const uint8_t *w, int i)
{
    int mark = tx_marks[w[i]];
    if (w[i] == '"' && mark > 1) {
        int before = i ? w[i - 1] : ' ';
        int opens = before == ' ' || before == '\n' || is_opener(before);
        mark = opens && !QUIET(w[i + 1]) ? tx_c_quote : tx_c_unquote;
    }
    if (mark > 1)
        tx_mark(t, mark);
}

/* Adds an address, with its parts as words and its symbols as names. */
static void say_parts(struct tx *t, const uint8_t *w, int k, int end)
{
    while (k < end) {
        uint8_t small[TX_LETTERS];
        int n = 0, stop;
        if (tx_letter(w[k])) {
            for (; k < end && tx_letter(w[k]) && n < TX_LETTERS; k++)
                small[n++] = (uint8_t)tx_lower(w[k]);
            tx_item(t, small, n,
                    (n <= 2 && !tx_find(tx_address_words, small, n, 0)) || tx_find(tx_address_spelled, small, n, 0)
                            || !tx_has_sounding(small, n)
                        ? TX_LETTER
                        : 0);
        } else if (tx_digit(w[k])) {
            for (stop = k; stop < end && tx_digit(w[stop]);)
                stop++;
            tx_code(t, w + k, stop - k);
            k = stop;
        } else {
            tx_say_words(t, tx_at(tx_symbols[w[k]]));
            k++;
        }
    }
}

/* Reads an email address, host name or file name at `i`. Returns its end, or -1 if there is none. */
static int address(struct tx *t, int i)
{
    const uint8_t *w = t->window;
    uint8_t last[TX_RUN];
    int end = i, at = -1, dot = -1, scheme = -1, host, k, n = 0, stop = 0, known;
    while (tx_alnum(w[end]) || tx_in(w[end], "@._-+~%#?=&:/")) {
        if (w[end] == '@' && tx_alnum(w[end + 1]))
            at = end;
        end++;
    }
    while (end > i && tx_in(w[end - 1], ".,:;!?-/"))
        end--;
    for (k = i; k + 2 < end && scheme < 0; k++)
        if (w[k] == ':' && w[k + 1] == '/' && w[k + 2] == '/')
            scheme = k;
    host = scheme >= 0 ? scheme + 3 : i;
    for (k = host; k < end && !tx_in(w[k], "/?#:"); k++)
        if (w[k] == '.')
            dot = k;
    if (dot >= 0)
        for (stop = dot + 1; stop < end && tx_letter(w[stop]);)
            last[n++] = (uint8_t)tx_lower(w[stop++]);
    known = n && tx_find(tx_endings_known, last, n, 0);
    if (scheme < 0 && at <= i) {
        if (!(known && dot > host && tx_alnum(w[dot - 1])))
            return -1;
        if (stop < end && !tx_in(w[stop], "/?#:"))
            return -1;
    }
    say_parts(t, w, host, end);
    return end;
}

/* Reads a word at `i` and returns the index at which scanning resumes. Sets *joined if more of the word follows. */
static int word(struct tx *t, int i, int *joined)
{
    const uint8_t *w = t->window;
    int end = run_end(w, i), n = end - i, letters = letters_end(w, i), done, k, capitals = 1, flags;
    const uint16_t *rules = rules_of_word(w, i, end);
    int tail = w[end];
    if (!rules)
        rules = rules_of_word(w, i, letters);
    if (rules && (done = try_rules(t, rules, i)) >= 0) {
        *joined = 0;
        return behind(w, done);
    }
    if (tx_in(tail, "@._/:\\-&+#") || tx_digit(tail)) {
        done = address(t, i);
        if (done < 0)
            done = try_rules(t, tx_lists + tx_glued, i);
        if (done >= 0) {
            *joined = 0;
            return done;
        }
    }
    if (tail == '.' && n == 1 && tx_capital(w[i]) && (QUIET(w[end + 1]) || tx_letter(w[end + 1]))) {
        uint8_t letter = (uint8_t)tx_lower(w[i]);
        *joined = 0;
        tx_item(t, &letter, 1, TX_LETTER);
        k = end + 1;
        while (w[k] == ' ')
            k++;
        return tx_letter(w[k]) ? end + 1 : end;
    }
#if TX_ELIDED
    if (letters < end && letters - i < TX_ELIDED) {
        uint8_t elided[TX_ELIDED + 1];
        n = letters + 1 - i;
        tx_lowered(w + i, n, elided);
        if (tx_weak_form(elided, n)) {
            tx_item(t, elided, n, TX_SAID | (*joined ? TX_JOINED : 0));
            *joined = 1;
            return letters + 1;
        }
        n = end - i;
    }
#endif
    if (n > TX_LETTERS)
        n = TX_LETTERS;
    for (k = 0; k < n; k++)
        capitals &= !tx_small_letter(w[i + k]);
    flags = *joined ? TX_JOINED : 0;
    if (n > 1 && capitals)
        flags |= TX_CAPITALS;
    else if (tx_capital(w[i]))
        flags |= TX_CAPITAL;
    tx_item(t, w + i, n, flags);
    i += n;
    *joined = tx_letter(w[i]) || tx_digit(w[i]);
    if ((w[i] == '-' || w[i] == '\'') && tx_alnum(w[i + 1]))
        *joined = 1, i++;
    return i;
}

/* Reads sentence-ending punctuation at `i`. `end` is the end of the run of identical characters. Returns the index at
   which scanning resumes. */
static int ending(struct tx *t, int i, int end)
{
    const uint8_t *w = t->window;
    int c = w[i], strongest = c;
    while (is_end(w[end])) {
        if (w[end] == '?' || (w[end] == '!' && strongest != '?'))
            strongest = w[end];
        end++;
    }
    if (c == '.' && end - i > 1 && strongest == '.')
        strongest = tx_c_dots;
    if (t->seen && tx_alnum(w[end]) && strongest == '.') {
        const uint8_t *name = tx_at(tx_symbols['.']);
        tx_item(t, name, tx_length(name), TX_SAID);
        return end;
    }
    if (t->seen || w[end]) {
        tx_mark(t, tx_mark_sound[strongest] ? strongest : '.');
        for (; is_closer(w[end]); end++)
            say_mark(t, w, end);
        if (QUIET(w[end]))
            tx_flush(t);
    }
    return end;
}

static int other(struct tx *t, int i, int *joined)
{
    const uint8_t *w = t->window;
    int c = w[i], end, done;
    if (tx_start[c] && (done = try_rules(t, tx_lists + tx_start[c], i)) >= 0) {
        *joined = tx_letter(w[done]);
        return behind(w, done);
    }
    *joined = 0;
    end = i + 1;
    if (tx_digit(c)) {
        while (tx_digit(w[end]))
            end++;
        tx_number(t, w + i, end - i);
        return w[end] == '-' && tx_alnum(w[end + 1]) ? end + 1 : end;
    }
    while (w[end] == c)
        end++;
    if (is_end(c))
        return ending(t, i, end);
    if (tx_marks[c]) {
        if (end - i == 1 || tx_in(c, "([{)]}\"")) {
            say_mark(t, w, i);
            return i + 1;
        }
        tx_mark(t, ',');
        return end;
    }
    if (end - i >= 3)
        tx_mark(t, ',');
    else if (tx_symbols[c])
        for (done = i; done < end; done++)
            tx_say_words(t, tx_at(tx_symbols[c]));
    return end;
}

/* Reads the white space at `i`, and returns its end. */
static int space(struct tx *t, int i)
{
    int breaks = 0, next, c;
    t->joined = 0;
    for (next = i; t->window[next] == ' ' || t->window[next] == '\n'; next++)
        breaks += t->window[next] == '\n';
    c = t->window[next];
    if (breaks && c && (breaks > 1 || !tx_small_letter(c)))
        tx_flush(t);
    return next;
}

int tx_read_at(struct tx *t, int i)
{
    int c = t->window[i], joined = t->joined, next;
    if (c == ' ' || c == '\n')
        return space(t, i);
    if (t->options.markup && (next = t->options.markup(t, i, &joined)) >= 0) {
        /* interpreted */
    } else if ((next = tx_given(t, i, &joined)) >= 0) {
        /* added */
    } else if (tx_letter(c)) {
        next = word(t, i, &joined);
    } else {
        next = other(t, i, &joined);
    }
    t->joined = (uint8_t)joined;
    return next;
}

/* Text that consists of one symbol is read as its name. */
void tx_end(struct tx *t)
{
    if (!t->said && t->only == 1 && tx_symbols[t->lone] && !tx_has_words(t)) {
        tx_clear(t);
        tx_say_words(t, tx_at(tx_symbols[t->lone]));
    }
    tx_flush(t);
}
