/* The network over letters: int8 in, int8 out, sums in 32 bits, scales in 64. In place, row by row. */
#include "text_internal.h"

#define SHIFT 20
#define HALF ((int64_t)1 << (SHIFT - 1))
#define WINDOW 5
#define TAPS 7
#define SYMBOLS 27

static int8_t clamped(int64_t value, int low) { return (int8_t)(value < low ? low : value > 127 ? 127 : value); }

static int64_t scaled(int64_t total, int32_t scale) { return (total * scale + HALF) >> SHIFT; }

static int32_t dot(const int8_t *a, const int8_t *b, int n) {
    int32_t sum = 0;
    int i;
    for (i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

static void embed(text *t, const uint8_t *word, int size) {
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

static void block(text *t, int size, int b) {
    const int8_t *taps = tx_taps + b * TAPS * TX_CHANNELS;
    int8_t before[TAPS / 2][TX_CHANNELS], u[TX_CHANNELS], z[TX_HIDDEN]; /* rows as they were, the last ones */
    int r, c, k;
    for (r = 0; r < size; r++) {
        int8_t *h = t->rows[r];
        for (c = 0; c < TX_CHANNELS; c++) {
            int32_t total = tx_taps_bias[b * TX_CHANNELS + c];
            for (k = 0; k < TAPS; k++) {
                int j = r + k - TAPS / 2;
                if (j < 0 || j >= size) continue;
                total += (j < r ? before[j % (TAPS / 2)][c] : t->rows[j][c]) * taps[k * TX_CHANNELS + c];
            }
            u[c] = clamped(scaled(total, tx_taps_scale[b * TX_CHANNELS + c]), -127);
        }
        for (k = 0; k < TX_HIDDEN; k++) {
            int32_t total = dot(tx_up + (b * TX_HIDDEN + k) * TX_CHANNELS, u, TX_CHANNELS);
            int at = b * TX_HIDDEN + k;
            z[k] = clamped(scaled((int64_t)total + tx_up_bias[at], tx_up_scale[at]), 0);
        }
        memcpy(before[r % (TAPS / 2)], h, TX_CHANNELS);
        for (c = 0; c < TX_CHANNELS; c++) {
            int at = b * TX_CHANNELS + c;
            int64_t total = dot(tx_down + at * TX_HIDDEN, z, TX_HIDDEN);
            total = (int64_t)h[c] * tx_skip[b] + (total + tx_down_bias[at]) * tx_down_scale[at];
            h[c] = clamped((total + HALF) >> SHIFT, -127);
        }
    }
}

int tx_guess(text *t, const uint8_t *word, int size, uint8_t *said, int room) {
    uint8_t other[TX_LETTERS], main_[TX_LETTERS];
    int64_t most = 0;
    int r, k, b, place = 0, count = 0;
    embed(t, word, size);
    for (b = 0; b < TX_BLOCKS; b++) block(t, size, b);
    for (r = 0; r < size; r++) {
        int64_t best[2] = {INT64_MIN, INT64_MIN};
        int chosen[2] = {0, 0};
        for (k = 0; k < TX_CHUNKS; k++) {
            int64_t total = dot(tx_out + k * TX_CHANNELS, t->rows[r], TX_CHANNELS);
            int64_t score = scaled(total + tx_out_bias[k], tx_out_scale[k]);
            int kind = tx_main_chunk[k];
            if (score > best[kind]) best[kind] = score, chosen[kind] = k;
        }
        other[r] = (uint8_t)chosen[0], main_[r] = (uint8_t)chosen[1];
        if (r == 0 || best[1] - best[0] > most) most = best[1] - best[0], place = r;
    }
    for (r = 0; r < size; r++) {
        const uint8_t *chunk = tx_sound(tx_chunks[r == place ? main_[r] : other[r]]);
        for (; *chunk; chunk++)
            if (count < room) said[count++] = *chunk;
    }
    return count;
}
