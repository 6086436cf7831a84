/* The letter-to-phoneme network. Inputs and outputs are int8, accumulators are 32-bit, and scaling uses 64 bits.
   Each block works in place, two rows at a time. The dense layers have four-bit weights: 0 to 15 stand for -8 * 16 to 7
   * 16. Eight consecutive weights take four bytes. In order from the lowest half-byte, they are weights 0, 1, 4, 5, 2,
   3, 6 and 7, so that one mask extracts two weights into the halves of a register. */
#include "text_internal.h"
#ifdef __ARM_FEATURE_DSP
#include <arm_acle.h>
#endif

#define SHIFT 20
#define HALF ((int64_t)1 << (SHIFT - 1))
#define WINDOW 5
#define TAPS 7
#define SYMBOLS (TX_ALPHABET + 1)

static int8_t clamped(int32_t value, int low)
{
    return (int8_t)(value < low ? low : value > 127 ? 127 : value);
}

/* The result has fewer than 32 bits (see MOST in letters.py). */
static int32_t scaled(int32_t total, int32_t scale)
{
    return (int32_t)(((int64_t)total * scale + HALF) >> SHIFT);
}

#define TOGETHER 2 /* rows of weights per call to `dots` */

/* `sum` returns the sum of n numbers. `dots` computes the dot products of two consecutive vectors, which start at `x`,
   with TOGETHER rows of n weights. n is a constant and a multiple of 8. `all` holds the sum of each vector. */
#ifdef __ARM_FEATURE_DSP
/* Loads four bytes from an unaligned address. In freestanding firmware, memcpy would be a function call. */
static int8x4_t load(const int8_t *from)
{
    int8x4_t four;
#ifdef __GNUC__
    __builtin_memcpy(&four, from, sizeof four);
#else
    memcpy(&four, from, sizeof four);
#endif
    return four;
}

/* Sign-extends bytes 1 and 3. Written in assembly, because gcc does not fold the rotation into the instruction. */
static int16x2_t odd(int8x4_t x)
{
#ifdef __GNUC__
    int16x2_t extended;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(extended) : "r"(x));
    return extended;
#else
    const uint32_t bits = (uint32_t)x;
    return __sxtb16((int8x4_t)(bits >> 8 | bits << 24));
#endif
}

static int32_t sum(const int8_t *x, int n)
{
    int32_t total = 0;
    for (; n > 0; n -= 4, x += 4) {
        const int8x4_t a = load(x);
        total = __smlad(odd(a), 0x00010001, __smlad(__sxtb16(a), 0x00010001, total));
    }
    return total;
}

TT_INLINE void dots(const uint8_t *weights, const int8_t *x, int n, const int32_t all[2], int32_t sums[2][TOGETHER])
{
    uint32_t two = 0x000F000F;
    int32_t x0 = 0, x1 = 0, y0 = 0, y1 = 0;
    const uint8_t *end = weights + n / 2;
#ifdef __GNUC__
    __asm__("" : "+r"(two)); /* kept in a register, so that gcc needs no instruction to shift the other operand */
#endif
    for (; weights < end; weights += 4, x += 8) {
        uint32_t v = (uint32_t)load((const int8_t *)weights), w = (uint32_t)load((const int8_t *)weights + n / 2);
        int8x4_t a = load(x), b = load(x + n);
        int16x2_t a_even = __sxtb16(a), b_even = __sxtb16(b), a_odd = odd(a), b_odd = odd(b);
        x0 = __smlad((int16x2_t)(v >> 4 & two), a_odd, __smlad((int16x2_t)(v & two), a_even, x0));
        y0 = __smlad((int16x2_t)(v >> 4 & two), b_odd, __smlad((int16x2_t)(v & two), b_even, y0));
        x1 = __smlad((int16x2_t)(w >> 4 & two), a_odd, __smlad((int16x2_t)(w & two), a_even, x1));
        y1 = __smlad((int16x2_t)(w >> 4 & two), b_odd, __smlad((int16x2_t)(w & two), b_even, y1));
        a = load(x + 4), b = load(x + n + 4);
        a_even = __sxtb16(a), b_even = __sxtb16(b), a_odd = odd(a), b_odd = odd(b);
        x0 = __smlad((int16x2_t)(v >> 12 & two), a_odd, __smlad((int16x2_t)(v >> 8 & two), a_even, x0));
        y0 = __smlad((int16x2_t)(v >> 12 & two), b_odd, __smlad((int16x2_t)(v >> 8 & two), b_even, y0));
        x1 = __smlad((int16x2_t)(w >> 12 & two), a_odd, __smlad((int16x2_t)(w >> 8 & two), a_even, x1));
        y1 = __smlad((int16x2_t)(w >> 12 & two), b_odd, __smlad((int16x2_t)(w >> 8 & two), b_even, y1));
    }
    sums[0][0] = 16 * (x0 - 8 * all[0]), sums[0][1] = 16 * (x1 - 8 * all[0]);
    sums[1][0] = 16 * (y0 - 8 * all[1]), sums[1][1] = 16 * (y1 - 8 * all[1]);
}
#else
static int32_t sum(const int8_t *x, int n)
{
    int32_t total = 0;
    while (n--)
        total += *x++;
    return total;
}

static void dots(const uint8_t *weights, const int8_t *x, int n, const int32_t all[2], int32_t sums[2][TOGETHER])
{
    static const uint8_t order[4] = {0, 4, 2, 6};
    int k, i, j;
    for (k = 0; k < TOGETHER; k++) {
        int32_t one = 0, other = 0;
        for (i = 0; i < n; i += 8)
            for (j = 0; j < 4; j++) {
                const int two = *weights++, at = i + order[j];
                one += (two & 15) * x[at] + (two >> 4) * x[at + 1];
                other += (two & 15) * x[n + at] + (two >> 4) * x[n + at + 1];
            }
        sums[0][k] = 16 * (one - 8 * all[0]);
        sums[1][k] = 16 * (other - 8 * all[1]);
    }
}
#endif

void tx_guess_begin(struct tx *t, const uint8_t *word, int size)
{
    int r, c, k;
    t->work += TX_WORK_LETTER * (uint32_t)size;
    t->guess = TX_GUESSING;
    t->rows_used = (uint8_t)size;
    t->block = t->row = 0;
    for (r = 0; r < size; r++)
        for (c = 0; c < TX_CHANNELS; c++) {
            int32_t total = tx_embedding_bias[c];
            for (k = 0; k < WINDOW; k++) {
                int j = r + k - WINDOW / 2, letter = j < 0 || j >= size ? 0 : tx_letter_number(word[j]) + 1;
                total += tx_embedding[(k * SYMBOLS + letter) * TX_CHANNELS + c];
            }
            t->rows[r][c] = clamped(scaled(total, tx_embedding_scale[c]), 0);
        }
}

#define TAP(k) row[k][c] * tap[(k) * TX_CHANNELS]
static const int8_t outside[TX_CHANNELS]; /* rows before and after the word are zero */

/* Computes two rows of a block, which halves the number of weight loads. For an odd number of rows, the second row of
   the last pair is computed from stale buffers and discarded. */
static void block(struct tx *t, int b, int r, int rows)
{
    const int8_t *taps = tx_taps + b * TAPS * TX_CHANNELS;
    int8_t u[2][TX_CHANNELS] = {{0}}, z[2][TX_HIDDEN];
    int32_t sums[2][TOGETHER], all[2];
    int c, k, p;
    for (p = 0; p < rows; p++) {
        const int8_t *row[TAPS];
        for (k = 0; k < TAPS; k++) {
            int j = r + p + k - TAPS / 2;
            row[k] = j < 0 || j >= t->rows_used ? outside : j < r ? t->inputs[j % (TAPS / 2)] : t->rows[j];
        }
        for (c = 0; c < TX_CHANNELS; c++) {
            const int8_t *tap = taps + c;
            int32_t total = tx_taps_bias[b * TX_CHANNELS + c];
            total += TAP(0) + TAP(1) + TAP(2) + TAP(3) + TAP(4) + TAP(5) + TAP(6);
            u[p][c] = clamped(scaled(total, tx_taps_scale[b * TX_CHANNELS + c]), -127);
        }
    }
    for (p = 0; p < 2; p++)
        all[p] = sum(u[p], TX_CHANNELS);
    for (k = 0; k < TX_HIDDEN; k++) {
        int at = b * TX_HIDDEN + k;
        if (k % TOGETHER == 0)
            dots(tx_up + at * TX_CHANNELS / 2, u[0], TX_CHANNELS, all, sums);
        for (p = 0; p < 2; p++)
            z[p][k] = clamped(scaled(sums[p][k % TOGETHER] + tx_up_bias[at], tx_up_scale[at]), 0);
    }
    for (p = 0; p < rows; p++)
        memcpy(t->inputs[(r + p) % (TAPS / 2)], t->rows[r + p], TX_CHANNELS);
    for (p = 0; p < 2; p++)
        all[p] = sum(z[p], TX_HIDDEN);
    for (c = 0; c < TX_CHANNELS; c++) {
        int at = b * TX_CHANNELS + c;
        if (c % TOGETHER == 0)
            dots(tx_down + at * TX_HIDDEN / 2, z[0], TX_HIDDEN, all, sums);
        for (p = 0; p < rows; p++) {
            int8_t *h = t->rows[r + p] + c;
            int64_t total = (int64_t)(sums[p][c % TOGETHER] + tx_down_bias[at]) * tx_down_scale[at];
            *h = clamped((int32_t)((total + (int64_t)*h * tx_skip[b] + HALF) >> SHIFT), -127);
        }
    }
}

/* For each of two rows, chooses the best chunk without primary stress and the best one with it, and stores both at the
   start of the row. */
static void choose(struct tx *t, int r, int rows)
{
    int32_t sums[2][TOGETHER], all[2];
    int64_t best[2][2] = {{INT64_MIN, INT64_MIN}, {INT64_MIN, INT64_MIN}};
    uint8_t chosen[2][2] = {{0}};
    int k, p, from = 0;
    all[0] = sum(t->rows[r], TX_CHANNELS), all[1] = sum(t->rows[r + 1], TX_CHANNELS);
    for (k = 0; k < TX_CHUNKS; k++) {
        int kind = tx_main_chunk[k];
        if (k % TOGETHER == 0) {
            from = k + TOGETHER > TX_CHUNKS ? TX_CHUNKS - TOGETHER : k;
            dots(tx_out + from * TX_CHANNELS / 2, t->rows[r], TX_CHANNELS, all, sums);
        }
        for (p = 0; p < rows; p++) {
            int64_t score = scaled(sums[p][k - from] + tx_out_bias[k], tx_out_scale[k]);
            if (score > best[p][kind])
                best[p][kind] = score, chosen[p][kind] = (uint8_t)k;
        }
    }
    for (p = 0; p < rows; p++) {
        for (k = 0; k < 2; k++)
            t->rows[r + p][k] = (int8_t)chosen[p][k]; /* the row itself is no longer needed */
        if (r + p == 0 || best[p][1] - best[p][0] > t->most)
            t->most = best[p][1] - best[p][0], t->place = (uint8_t)(r + p);
    }
}

void tx_guess_on(struct tx *t)
{
    int r = t->row, rows = t->rows_used - r < 2 ? 1 : 2;
    t->work += TX_WORK_ROWS;
    if (t->block < TX_BLOCKS)
        block(t, t->block, r, rows);
    else
        choose(t, r, rows);
    t->row = (uint8_t)(r + 2);
    if (t->row < t->rows_used)
        return;
    t->row = 0;
    if (t->block++ == TX_BLOCKS)
        t->guess = TX_GUESSED;
}

int tx_guessed(struct tx *t, uint8_t *said, int room)
{
    int r, count = 0;
    t->guess = TX_UNASKED;
    for (r = 0; r < t->rows_used; r++) {
        const uint8_t *chunk = tx_sound(tx_chunks[(uint8_t)t->rows[r][r == t->place]]);
        for (; *chunk; chunk++)
            if (count < room)
                said[count++] = *chunk;
    }
    return count;
}
