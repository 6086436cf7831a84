/* Reads text in small steps. This file is separate so that the scanner's stack is not in use while words are
   converted. */
#include "text_internal.h"

static void remember(struct tx *t)
{
    t->before.items = t->items, t->before.cost = t->cost, t->before.texts = t->texts[t->items];
    t->before.joined = t->joined, t->before.spelling = t->spelling, t->before.mark_added = t->mark_added;
}

/* Restores the state before the step. The items are not restored, because they belong to a sentence that has been
   spoken. */
static void restore(struct tx *t)
{
    t->items = t->before.items, t->cost = t->before.cost, t->texts[t->items] = t->before.texts;
    t->joined = t->before.joined, t->spelling = t->before.spelling, t->mark_added = t->before.mark_added;
}

static void step(struct tx *t)
{
    int next;
    if (t->skip)
        restore(t);
    else
        remember(t);
    t->ends = t->again = 0;
    if (!tx_fill(t))
        return;
    t->work += TX_WORK_STEP;
    next = t->at;
    if (t->window[next])
        next = tx_read_at(t, next);
    else
        tx_end(t), t->over = 1;
    if (t->again) { /* everything after the sentence is read again */
        t->skip = t->ends;
        t->over = 0, t->what = TX_NONE;
        return;
    }
    t->skip = 0;
    t->at = (uint16_t)next;
    t->seen |= !t->over;
}

/* Does a part of the work of tx_next. */
static enum tx_found next(struct tx *t)
{
    if (t->guess == TX_GUESSING) {
        tx_guess_on(t);
        return TX_NOTHING_YET;
    }
    if (t->full) {
        if (tx_speak(t))
            return TX_NOTHING_YET;
        t->full = 0;
        tx_clear(t);
        return t->length ? TX_SENTENCE : TX_NOTHING_YET;
    }
    if (t->what) {
        t->event = t->what, t->what = TX_NONE;
        return TX_EVENT;
    }
    if (t->over)
        return TX_END;
    step(t);
    return TX_NOTHING_YET;
}

enum tx_found tx_next(struct tx *t)
{
    enum tx_found found;
    t->work = 0;
    do
        found = next(t);
    while (found == TX_NOTHING_YET && t->work < TX_WORK);
    return found;
}

uint32_t tx_ahead(const struct tx *t)
{
    return (uint32_t)t->left + t->size - t->at + t->texts[t->items];
}

void tx_begin(struct tx *t, const char *utf8, size_t bytes, const struct tx_options *options)
{
    memset(t, 0, sizeof *t);
    if (options)
        t->options = *options;
    t->bytes = (const uint8_t *)utf8, t->left = utf8 ? bytes : 0;
    t->held = -1;
    t->rest = tx_pool;
}
