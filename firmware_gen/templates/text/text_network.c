/* The letter-to-phoneme network. Inputs and outputs are int8, accumulators are 32 bits wide, and scaling uses 64 bits.
   Each block works in place, row by row. */
#include "text_internal.h"
#ifdef __ARM_FEATURE_DSP
#include <arm_acle.h>
#endif

#define SHIFT 20
#define HALF ((int64_t)1 << (SHIFT - 1))
#define WINDOW 5
#define TAPS 7
#define SYMBOLS 27

static int8_t clamped(int64_t value, int low)
{
    return (int8_t)(value < low ? low : value > 127 ? 127 : value);
}

static int64_t scaled(int64_t total, int32_t scale)
{
    return (total * scale + HALF) >> SHIFT;
}

#define TOGETHER 4 /* dot products computed per load of `x` */

/* Dot products of `x` with one row of weights (dot) or with TOGETHER rows (dots). n is a multiple of 4. */
#ifdef __ARM_FEATURE_DSP
/* Loads four bytes from an unaligned address. Firmware is compiled as freestanding, where memcpy would be a call. */
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

static int8x4_t turned(int8x4_t x)
{
    uint32_t bits = (uint32_t)x;
    return (int8x4_t)(bits >> 8 | bits << 24);
}

static int32_t dot(const int8_t *weights, const int8_t *x, int n)
{
    int32_t sum = 0;
    int i;
    for (i = 0; i < n; i += 4) {
        const int8x4_t a = load(weights + i), b = load(x + i);
        sum = __smlad(__sxtb16(a), __sxtb16(b), sum);
        sum = __smlad(__sxtb16(turned(a)), __sxtb16(turned(b)), sum);
    }
    return sum;
}

static void dots(const int8_t *weights, const int8_t *x, int n, int32_t *sums)
{
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    int i;
    for (i = 0; i < n; i += 4) {
        const int8x4_t b = load(x + i);
        const int16x2_t even = __sxtb16(b), odd = __sxtb16(turned(b));
        int8x4_t a;
        a = load(weights + i);
        s0 = __smlad(__sxtb16(turned(a)), odd, __smlad(__sxtb16(a), even, s0));
        a = load(weights + n + i);
        s1 = __smlad(__sxtb16(turned(a)), odd, __smlad(__sxtb16(a), even, s1));
        a = load(weights + 2 * n + i);
        s2 = __smlad(__sxtb16(turned(a)), odd, __smlad(__sxtb16(a), even, s2));
        a = load(weights + 3 * n + i);
        s3 = __smlad(__sxtb16(turned(a)), odd, __smlad(__sxtb16(a), even, s3));
    }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}
#else
static int32_t dot(const int8_t *weights, const int8_t *x, int n)
{
    int32_t sum = 0;
    int i;
    for (i = 0; i < n; i++)
        sum += weights[i] * x[i];
    return sum;
}

static void dots(const int8_t *weights, const int8_t *x, int n, int32_t *sums)
{
    int k;
    for (k = 0; k < TOGETHER; k++)
        sums[k] = dot(weights + k * n, x, n);
}
#endif

static void embed(text *t, const uint8_t *word, int size)
{
    int r, c, k;
    for (r = 0; r < size; r++)
        for (c = 0; c < TX_CHANNELS; c++) {
            int32_t total = tx_embedding_bias[c];
            for (k = 0; k < WINDOW; k++) {
                int j = r + k - WINDOW / 2, letter = j < 0 || j >= size ? 0 : word[j] - 'a' + 1;
                total += tx_embedding[(k * SYMBOLS + letter) * TX_CHANNELS + c];
            }
            t->rows[r][c] = clamped(scaled(total, tx_embedding_scale[c]), 0);
        }
}

static void block(text *t, int size, int b)
{
    const int8_t *taps = tx_taps + b * TAPS * TX_CHANNELS;
    int8_t before[TAPS / 2][TX_CHANNELS], u[TX_CHANNELS], z[TX_HIDDEN]; /* before: input of the last overwritten rows */
    int32_t sums[TOGETHER];
    const int8_t *row[TAPS];
    int r, c, k, first, last;
    for (r = 0; r < size; r++) {
        int8_t *h = t->rows[r];
        first = r < TAPS / 2 ? TAPS / 2 - r : 0;
        last = size - 1 - r < TAPS / 2 ? size - 1 - r + TAPS / 2 : TAPS - 1;
        for (k = first; k <= last; k++)
            row[k] = k < TAPS / 2 ? before[(r + k - TAPS / 2) % (TAPS / 2)] : t->rows[r + k - TAPS / 2];
        for (c = 0; c < TX_CHANNELS; c++) {
            int32_t total = tx_taps_bias[b * TX_CHANNELS + c];
            for (k = first; k <= last; k++)
                total += row[k][c] * taps[k * TX_CHANNELS + c];
            u[c] = clamped(scaled(total, tx_taps_scale[b * TX_CHANNELS + c]), -127);
        }
        for (k = 0; k < TX_HIDDEN; k++) {
            int at = b * TX_HIDDEN + k;
            if (k % TOGETHER == 0)
                dots(tx_up + at * TX_CHANNELS, u, TX_CHANNELS, sums);
            z[k] = clamped(scaled((int64_t)sums[k % TOGETHER] + tx_up_bias[at], tx_up_scale[at]), 0);
        }
        memcpy(before[r % (TAPS / 2)], h, TX_CHANNELS);
        for (c = 0; c < TX_CHANNELS; c++) {
            int at = b * TX_CHANNELS + c;
            int64_t total;
            if (c % TOGETHER == 0)
                dots(tx_down + at * TX_HIDDEN, z, TX_HIDDEN, sums);
            total = ((int64_t)sums[c % TOGETHER] + tx_down_bias[at]) * tx_down_scale[at] + (int64_t)h[c] * tx_skip[b];
            h[c] = clamped((total + HALF) >> SHIFT, -127);
        }
    }
}

int tx_guess(text *t, const uint8_t *word, int size, uint8_t *said, int room)
{
    uint8_t other[TX_LETTERS], main_[TX_LETTERS];
    int64_t most = 0;
    int r, k, b, place = 0, count = 0;
    embed(t, word, size);
    for (b = 0; b < TX_BLOCKS; b++)
        block(t, size, b);
    for (r = 0; r < size; r++) {
        int64_t best[2] = {INT64_MIN, INT64_MIN};
        int chosen[2] = {0, 0};
        for (k = 0; k < TX_CHUNKS; k++) {
            int64_t total = dot(tx_out + k * TX_CHANNELS, t->rows[r], TX_CHANNELS);
            int64_t score = scaled(total + tx_out_bias[k], tx_out_scale[k]);
            int kind = tx_main_chunk[k];
            if (score > best[kind])
                best[kind] = score, chosen[kind] = k;
        }
        other[r] = (uint8_t)chosen[0], main_[r] = (uint8_t)chosen[1];
        if (r == 0 || best[1] - best[0] > most)
            most = best[1] - best[0], place = r;
    }
    for (r = 0; r < size; r++) {
        const uint8_t *chunk = tx_sound(tx_chunks[r == place ? main_[r] : other[r]]);
        for (; *chunk; chunk++)
            if (count < room)
                said[count++] = *chunk;
    }
    return count;
}
