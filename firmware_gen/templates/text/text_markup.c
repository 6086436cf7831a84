/* Interprets markup between words: pauses, prosody, emphasis and spelling. */
#include "text_internal.h"

enum { NONE, MAY, MUST };
enum { SPELLING = 254, EMPHASIS }; /* commands that are not events, which the reader executes itself */
static const struct {
    const char *name;
    uint8_t what;  /* the event, SPELLING or EMPHASIS */
    uint8_t value; /* whether a value may or must follow the name */
    int16_t least, most, usual;
} commands[] = {
    {"pause", TX_PAUSE, MUST, 0, 10000, 0},
    {"rate", TX_RATE, MAY, 50, 200, 100},
    {"pitch", TX_PITCH, MAY, -12, 12, 0},
    {"volume", TX_VOLUME, MAY, 0, 200, 100},
    {"expression", TX_EXPRESSION, MAY, 0, 200, 100},
    {"whisper", TX_WHISPER, NONE, 0, 1, 1},
    {"/whisper", TX_WHISPER, NONE, 0, 1, 0},
    {"spell", SPELLING, NONE, 0, 1, 1},
    {"/spell", SPELLING, NONE, 0, 1, 0},
    {"emphasis reduced", EMPHASIS, NONE, 0, 3, 1},
    {"emphasis strong", EMPHASIS, NONE, 0, 3, 3},
    {"emphasis", EMPHASIS, NONE, 0, 3, 2}, /* after the longer names that begin with it */
    {"/emphasis", EMPHASIS, NONE, 0, 3, 0},
#ifdef TX_SPEAKERS
    {"voice", TX_VOICE, MAY, -1, TX_SPEAKER_COUNT - 1, -1},
#endif
};
enum { COMMANDS = sizeof commands / sizeof *commands, MOST_DIGITS = 5, MOST_TOGETHER = 8 };

/* Returns the length of `name` if the window contains it at `w`, otherwise 0. */
static int starts(const uint8_t *w, const char *name)
{
    int n;
    for (n = 0; name[n]; n++)
        if (w[n] != (uint8_t)name[n])
            return 0;
    return n;
}

/* Reads a number such as " -123" at `w[i]`. Returns its end, or -1 if it is not a valid number. */
static int number_at(const uint8_t *w, int i, int *value)
{
    int sign = 1, digits;
    if (w[i] != ' ')
        return i;
    if (w[++i] == '-')
        sign = -1, i++;
    *value = 0;
    for (digits = 0; digits < MOST_DIGITS && tx_digit(w[i]); digits++)
        *value = *value * 10 + w[i++] - '0';
    *value *= sign;
    return digits ? i : -1;
}

#ifdef TX_SPEAKERS
/* Reads a speaker such as " emma" at `w[i]`. Returns its end, or -1 if the voice does not have this speaker. */
static int speaker_at(const uint8_t *w, int i, int *value)
{
    static const char speakers[TX_SPEAKER_COUNT][TX_SPEAKER_BYTES] = {TX_SPEAKERS};
    int k, size;
    if (w[i] != ' ')
        return i;
    for (k = 0; k < TX_SPEAKER_COUNT; k++)
        if ((size = starts(w + i + 1, speakers[k])) != 0 && w[i + 1 + size] == ']') {
            *value = k;
            return i + 1 + size;
        }
    return -1;
}
#endif

/* Reads the value of command number `k` at `w[i]`. Returns its end, or -1 if it is not valid. */
static int value_at(const uint8_t *w, int i, int k, int *value)
{
#ifdef TX_SPEAKERS
    if (commands[k].what == TX_VOICE)
        return speaker_at(w, i, value);
#endif
    if (commands[k].value == NONE)
        return i;
    return number_at(w, i, value);
}

/* Parses the command at `w[at]`. Returns its end, or -1 if there is none. Sets *what to the command's index. */
static int parsed(const uint8_t *w, int at, int *what, int *value)
{
    int i = at + 2, k, size, end;
    if (w[at] != '[' || w[at + 1] != '[')
        return -1;
    for (k = 0; k < COMMANDS; k++)
        if ((size = starts(w + i, commands[k].name)) != 0) {
            *what = k, *value = commands[k].usual;
            end = value_at(w, i + size, k, value);
            if (end < 0 || (commands[k].value == MUST && end == i + size) || *value < commands[k].least
                || *value > commands[k].most || w[end] != ']' || w[end + 1] != ']')
                return -1;
            return end + 2;
        }
    return -1;
}

/* Returns the punctuation mark that follows the commands at `w[i]` and ends a word, or 0. */
static int mark_after(const uint8_t *w, int i)
{
    int k, end, what, value;
    for (k = 0; k < MOST_TOGETHER && (end = parsed(w, i, &what, &value)) >= 0; k++)
        i = end;
    return tx_in(w[i], ".,!?;:") && (w[i + 1] == ' ' || w[i + 1] == '\n' || !w[i + 1]) ? w[i] : 0;
}

/* Executes the command at `at`. Returns its end, or -1 if there is none. A mark after the command belongs to the
   utterance that ends here. */
static int command(struct tx *t, int at)
{
    int what, value, mark, end = parsed(t->window, at, &what, &value);
    if (end < 0)
        return -1;
    if (commands[what].what >= SPELLING) {
        *(commands[what].what == SPELLING ? &t->spelling : &t->emphasis) = (uint8_t)value;
        return end;
    }
    if (!t->mark_added && (mark = mark_after(t->window, end)) != 0) {
        t->mark_added = 1;
        tx_mark(t, mark);
    }
    if (commands[what].usual == 100) /* percent */
        value = (value * 256 + 50) / 100;
    tx_flush(t);
    t->what = commands[what].what, t->value = (int16_t)value;
    return end;
}

/* Spells the letters, digit or symbol at `at`. Returns the end, or -1 if there is nothing to spell. */
static int spelled(struct tx *t, int at)
{
    const uint8_t *w = t->window;
    uint8_t small[TX_LETTERS];
    int n = 0;
    while (n < TX_LETTERS && tx_letter(w[at + n])) {
        small[n] = (uint8_t)tx_lower(w[at + n]);
        n++;
    }
    if (n)
        tx_item(t, small, n, TX_LETTER);
    else if (tx_digit(w[at]))
        tx_each(t, w + at, n = 1);
    else if (tx_symbols[w[at]])
        n = 1, tx_say_words(t, tx_at(tx_symbols[w[at]]));
    return n ? at + n : -1;
}

int tx_markup(struct tx *t, int at, int *joined)
{
    int end = command(t, at);
    if (end < 0 && t->mark_added) {
        t->mark_added = 0;
        end = at + 1;
    }
    if (end < 0 && t->spelling)
        end = spelled(t, at);
    if (end >= 0)
        *joined = 0;
    return end;
}
