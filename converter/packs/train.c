// train DATA STATE CPU_SECONDS TOTAL_STEPS QUANT_FROM_STEP [LEARNING_RATE [DROPOUT]]
// Trains the network that maps letters to phoneme chunks, on one core. Resumes from STATE if the file exists.
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#ifndef C
#define C 80
#define E 96
#define NB 5
#endif
#ifndef BITS
#define BITS 4    // bits per weight of the dense layers
#define CLIP 2.7f // largest weight of a dense layer, relative to its output's RMS weight
#endif
#define TAPS 7
#define WIN 5
#ifndef LET
#define LET 27 // letters, and 0 outside a word
#endif
#define KP 96
#define MAXL 24
#define GROUP 8
#define MAXR (GROUP * MAXL + 8)
typedef float v16 __attribute__((vector_size(64), aligned(4)));
typedef struct {
    float dw[TAPS][C], db[C], w1[C][E], b1[E], w2[E][C], b2[C];
} Block;
typedef struct {
    float emb[WIN][LET][C], eb[C], dom[C];
    Block b[NB];
    float wo[C][KP], bo[KP];
} Net;
#define NP (sizeof(Net) / sizeof(float))
typedef struct {
    uint64_t rng;
    long step;
    float scale[2 * NB + 2]; // running maxima of the activations, for quantisation
    Net p, m, v;
} State;
static State s;
static Net q, g; // weights of the forward pass (quantised or not), and gradient
static float w1t[NB][E][C], w2t[NB][C][E], wot[KP][C];
static int quant;
static float drop;
static uint64_t noise = 0x9E3779B97F4A7C15ull;
static uint8_t kept[NB][MAXR * E];

#define GEMM(NAME, N)                                                                                                  \
    static void NAME(const float *x, int ldx, const float *w, const float *bias, float *y, int R, int K)               \
    {                                                                                                                  \
        for (int r = 0; r < R; r += 4) {                                                                               \
            v16 a[4][N / 16];                                                                                          \
            for (int i = 0; i < 4; i++)                                                                                \
                for (int j = 0; j < N / 16; j++)                                                                       \
                    a[i][j] = bias ? *(const v16 *)(bias + 16 * j) : (v16){0};                                         \
            const float *x0 = x + r * ldx;                                                                             \
            for (int k = 0; k < K; k++) {                                                                              \
                const float *wk = w + k * N;                                                                           \
                for (int j = 0; j < N / 16; j++) {                                                                     \
                    v16 wv = *(const v16 *)(wk + 16 * j);                                                              \
                    for (int i = 0; i < 4; i++)                                                                        \
                        a[i][j] += x0[i * ldx + k] * wv;                                                               \
                }                                                                                                      \
            }                                                                                                          \
            for (int i = 0; i < 4; i++)                                                                                \
                for (int j = 0; j < N / 16; j++)                                                                       \
                    *(v16 *)(y + (r + i) * N + 16 * j) = a[i][j];                                                      \
        }                                                                                                              \
    }                                                                                                                  \
    static void NAME##_w(const float *x, int ldx, const float *dy, float *dw, int R, int K)                            \
    {                                                                                                                  \
        for (int k = 0; k < K; k += 4) {                                                                               \
            v16 a[4][N / 16];                                                                                          \
            for (int i = 0; i < 4; i++)                                                                                \
                for (int j = 0; j < N / 16; j++)                                                                       \
                    a[i][j] = *(v16 *)(dw + (k + i) * N + 16 * j);                                                     \
            for (int r = 0; r < R; r++)                                                                                \
                for (int j = 0; j < N / 16; j++) {                                                                     \
                    v16 d = *(const v16 *)(dy + r * N + 16 * j);                                                       \
                    for (int i = 0; i < 4; i++)                                                                        \
                        a[i][j] += x[r * ldx + k + i] * d;                                                             \
                }                                                                                                      \
            for (int i = 0; i < 4; i++)                                                                                \
                for (int j = 0; j < N / 16; j++)                                                                       \
                    *(v16 *)(dw + (k + i) * N + 16 * j) = a[i][j];                                                     \
        }                                                                                                              \
    }
GEMM(gC, C)
GEMM(gE, E)
GEMM(gK, KP)

static float H[NB + 1][MAXR][C], U[NB][MAXR][C], Z[NB][MAXR][E], Y[MAXR][KP], D[MAXR][C], DU[MAXR][C], DZ[MAXR][E],
    V[MAXR][C];
static int W0[GROUP + 1];

static void fq(float *x, int n, float scale)
{ // round to int8; the scale is a running maximum
    float k = 127.f / scale, r = scale / 127.f;
    for (int i = 0; i < n; i++) {
        float t = x[i] * k;
        t = t > 127.f ? 127.f : t < -127.f ? -127.f : t;
        x[i] = rintf(t) * r;
    }
}
static void seen(int i, const float *x, int n)
{
    float m = 0;
    for (int k = 0; k < n; k++) {
        float a = fabsf(x[k]);
        m = a > m ? a : m;
    }
    s.scale[i] = s.scale[i] == 0 ? m : s.scale[i] + (m > s.scale[i] ? .02f : .002f) * (m - s.scale[i]);
}
static void forward(const uint8_t *x, int R, int nw, const uint8_t *dom, int learn)
{
    for (int w = 0; w < nw; w++)
        for (int r = W0[w]; r < W0[w + 1]; r++) {
            float *h = H[0][r];
            for (int c = 0; c < C; c++)
                h[c] = q.eb[c] + (dom[w] ? q.dom[c] : 0);
            for (int k = 0; k < WIN; k++) {
                int j = r + k - WIN / 2;
                const float *e = q.emb[k][j < W0[w] || j >= W0[w + 1] ? 0 : x[j]];
                for (int c = 0; c < C; c++)
                    h[c] += e[c];
            }
            for (int c = 0; c < C; c++)
                h[c] = h[c] > 0 ? h[c] : 0;
        }
    int RP = (R + 3) / 4 * 4;
    if (learn)
        seen(0, (float *)H[0], R * C);
    if (quant)
        fq((float *)H[0], R * C, s.scale[0]);
    for (int b = 0; b < NB; b++) {
        const Block *B = &q.b[b];
        memset(U[b][R], 0, sizeof(float) * C * (RP - R));
        for (int w = 0; w < nw; w++)
            for (int r = W0[w]; r < W0[w + 1]; r++) {
                float *u = U[b][r];
                for (int c = 0; c < C; c++)
                    u[c] = B->db[c];
                for (int k = 0; k < TAPS; k++) {
                    int j = r + k - TAPS / 2;
                    if (j < W0[w] || j >= W0[w + 1])
                        continue;
                    const float *h = H[b][j], *d = B->dw[k];
                    for (int c = 0; c < C; c++)
                        u[c] += h[c] * d[c];
                }
            }
        if (learn)
            seen(1 + 2 * b, (float *)U[b], R * C);
        if (quant)
            fq((float *)U[b], R * C, s.scale[1 + 2 * b]);
        gE((float *)U[b], C, (float *)B->w1, B->b1, (float *)Z[b], RP, C);
        {
            float *z = (float *)Z[b];
            for (int i = 0; i < RP * E; i++)
                z[i] = z[i] > 0 ? z[i] : 0;
        }
        if (learn)
            seen(2 + 2 * b, (float *)Z[b], R * E);
        if (drop > 0) {
            float *z = (float *)Z[b], up = 1 / (1 - drop);
            uint32_t limit = drop * 65536;
            for (int i = 0; i < RP * E; i += 4) {
                noise ^= noise << 13, noise ^= noise >> 7, noise ^= noise << 17;
                for (int k = 0; k < 4; k++) {
                    kept[b][i + k] = ((noise >> (16 * k)) & 65535) >= limit;
                    z[i + k] = kept[b][i + k] ? z[i + k] * up : 0;
                }
            }
        }
        if (quant)
            fq((float *)Z[b], R * E, s.scale[2 + 2 * b]);
        gC((float *)Z[b], E, (float *)B->w2, B->b2, (float *)V, RP, E);
        {
            float *h1 = (float *)H[b + 1], *h0 = (float *)H[b], *v = (float *)V;
            for (int i = 0; i < R * C; i++)
                h1[i] = h0[i] + v[i];
        }
        if (learn)
            seen(2 * NB + 1, (float *)H[b + 1], R * C); // all blocks share the scale of the residual stream
        if (quant)
            fq((float *)H[b + 1], R * C, s.scale[2 * NB + 1]);
    }
    memset(H[NB][R], 0, sizeof(float) * C * (RP - R));
    gK((float *)H[NB], C, (float *)q.wo, q.bo, (float *)Y, RP, C);
}
static double backward(const uint8_t *x, const uint8_t *y, int R, int nw, const uint8_t *dom, int K, float inv)
{
    double loss = 0;
    int RP = (R + 3) / 4 * 4;
    for (int r = 0; r < R; r++) {
        float m = -1e30f, t = 0;
        for (int k = 0; k < K; k++)
            m = Y[r][k] > m ? Y[r][k] : m;
        float ly = Y[r][y[r]];
        for (int k = 0; k < K; k++) {
            Y[r][k] = expf(Y[r][k] - m);
            t += Y[r][k];
        }
        loss += m + logf(t) - ly;
        for (int k = 0; k < K; k++)
            Y[r][k] *= inv / t;
        for (int k = K; k < KP; k++)
            Y[r][k] = 0;
        Y[r][y[r]] -= inv;
        for (int k = 0; k < K; k++)
            g.bo[k] += Y[r][k];
    }
    memset(Y[R], 0, sizeof(float) * KP * (RP - R));
    gK_w((float *)H[NB], C, (float *)Y, (float *)g.wo, R, C);
    gC((float *)Y, KP, (float *)wot, 0, (float *)D, RP, KP);
    for (int b = NB - 1; b >= 0; b--) {
        Block *G = &g.b[b];
        const Block *B = &q.b[b];
        for (int r = 0; r < R; r++)
            for (int c = 0; c < C; c++)
                G->b2[c] += D[r][c];
        gC_w((float *)Z[b], E, (float *)D, (float *)G->w2, R, E);
        gE((float *)D, C, (float *)w2t[b], 0, (float *)DZ, RP, C);
        {
            float *dz = (float *)DZ, *z = (float *)Z[b];
            for (int i = 0; i < RP * E; i++)
                dz[i] = z[i] > 0 ? dz[i] * (drop > 0 ? 1 / (1 - drop) : 1) : 0;
        }
        for (int r = 0; r < R; r++)
            for (int c = 0; c < E; c++)
                G->b1[c] += DZ[r][c];
        gE_w((float *)U[b], C, (float *)DZ, (float *)G->w1, R, C);
        gC((float *)DZ, E, (float *)w1t[b], 0, (float *)DU, RP, E);
        for (int w = 0; w < nw; w++)
            for (int r = W0[w]; r < W0[w + 1]; r++) {
                const float *du = DU[r];
                for (int c = 0; c < C; c++)
                    G->db[c] += du[c];
                for (int k = 0; k < TAPS; k++) {
                    int j = r + k - TAPS / 2;
                    if (j < W0[w] || j >= W0[w + 1])
                        continue;
                    const float *h = H[b][j], *d = B->dw[k];
                    float *gd = G->dw[k], *dh = D[j];
                    for (int c = 0; c < C; c++) {
                        gd[c] += h[c] * du[c];
                        dh[c] += d[c] * du[c];
                    }
                }
            }
    }
    for (int w = 0; w < nw; w++)
        for (int r = W0[w]; r < W0[w + 1]; r++) {
            float *d = D[r];
            for (int c = 0; c < C; c++) {
                d[c] = H[0][r][c] > 0 ? d[c] : 0;
                g.eb[c] += d[c];
                if (dom[w])
                    g.dom[c] += d[c];
            }
            for (int k = 0; k < WIN; k++) {
                int j = r + k - WIN / 2;
                float *e = g.emb[k][j < W0[w] || j >= W0[w + 1] ? 0 : x[j]];
                for (int c = 0; c < C; c++)
                    e[c] += d[c];
            }
        }
    return loss;
}
static double uniform(void)
{
    s.rng ^= s.rng << 13;
    s.rng ^= s.rng >> 7;
    s.rng ^= s.rng << 17;
    return (s.rng >> 11) / 9007199254740992.0;
}
static float normal(void)
{
    return sqrtf(-2 * logf(uniform() + 1e-12)) * cosf(6.2831853f * uniform());
}
static void fill(float *x, size_t n, float std)
{
    for (size_t i = 0; i < n; i++)
        x[i] = normal() * std;
}
// Round w[k][n] to `bits` bits, with one scale per column n. Dense layers clip the column's outliers.
static void qw(float *w, int K, int N, int bits)
{
    float most = (1 << (bits - 1)) - 1;
    for (int n = 0; n < N; n++) {
        float m = 1e-9f, squares = 0;
        for (int k = 0; k < K; k++) {
            float a = fabsf(w[k * N + n]);
            m = a > m ? a : m;
            squares += a * a;
        }
        if (bits < 8)
            m = fminf(m, CLIP * sqrtf(squares / K));
        for (int k = 0; k < K; k++)
            w[k * N + n] = fminf(fmaxf(rintf(w[k * N + n] / m * most), -most), most) * m / most;
    }
}
static void prepare(void)
{
    q = s.p;
    if (quant) {
        qw((float *)q.emb, WIN * LET, C, 8);
        for (int b = 0; b < NB; b++)
            qw((float *)q.b[b].dw, TAPS, C, 8), qw((float *)q.b[b].w1, C, E, BITS), qw((float *)q.b[b].w2, E, C, BITS);
        qw((float *)q.wo, C, KP, BITS);
    }
    for (int b = 0; b < NB; b++)
        for (int i = 0; i < C; i++)
            for (int j = 0; j < E; j++)
                w1t[b][j][i] = q.b[b].w1[i][j], w2t[b][i][j] = q.b[b].w2[j][i];
    for (int i = 0; i < C; i++)
        for (int j = 0; j < KP; j++)
            wot[j][i] = q.wo[i][j];
}
// DATA starts with the number of words and the number of labels K, both int32. Each word is stored as uint8 values: its
// length, 16 times its sampling probability, whether its pronunciation is unchecked (dom), its letters and its labels.
typedef struct {
    uint8_t n, weight, dom, x[MAXL], y[MAXL];
} Word;
int main(int argc, char **argv)
{
    FILE *f = fopen(argv[1], "rb");
    int32_t head[2];
    if (fread(head, 4, 2, f) != 2)
        return 1;
    int n = head[0], K = head[1];
    Word *words = malloc(sizeof(Word) * n);
    if (fread(words, sizeof(Word), n, f) != (size_t)n)
        return 1;
    fclose(f);
    double budget = atof(argv[3]);
    long total = atol(argv[4]), qfrom = atol(argv[5]);
    int B = 256;
    double top = argc > 6 ? atof(argv[6]) : 3e-3;
    float dropped = argc > 7 ? atof(argv[7]) : 0;
    f = fopen(argv[2], "rb");
    if (f) {
        if (fread(&s, sizeof s, 1, f) != 1)
            return 1;
        fclose(f);
    } else {
        s.rng = 88172645463325252ull;
        fill((float *)s.p.emb, WIN * LET * C, .3f), fill(s.p.dom, C, .01f);
        for (int b = 0; b < NB; b++) {
            fill((float *)s.p.b[b].dw, TAPS * C, .3f);
            fill((float *)s.p.b[b].w1, C * E, sqrtf(2.f / C));
            fill((float *)s.p.b[b].w2, E * C, .3f / sqrtf(E * NB));
        }
        fill((float *)s.p.wo, C * KP, 1 / sqrtf(C));
    }
    double shown = 0;
    long shown_n = 0;
    while (s.step < total && clock() / (double)CLOCKS_PER_SEC < budget) {
        s.step++;
        quant = s.step > qfrom;
        drop = dropped;
        prepare();
        memset(&g, 0, sizeof g);
        static Word *batch[4096];
        int letters = 0;
        for (int i = 0; i < B;) {
            Word *w = &words[(int)(uniform() * n)];
            if (uniform() * 16 >= w->weight)
                continue;
            batch[i++] = w;
            letters += w->n;
        }
        double loss = 0;
        for (int i = 0; i < B; i += GROUP) {
            static uint8_t x[MAXR], y[MAXR], dom[GROUP];
            int R = 0;
            for (int w = 0; w < GROUP; w++) {
                Word *t = batch[i + w];
                W0[w] = R;
                memcpy(x + R, t->x, t->n), memcpy(y + R, t->y, t->n);
                dom[w] = t->dom;
                R += t->n;
            }
            W0[GROUP] = R;
            forward(x, R, GROUP, dom, i == 0);
            loss += backward(x, y, R, GROUP, dom, K, 1.f / letters);
        }
        shown += loss / letters, shown_n++;
        double lr = top * (s.step < 500 ? s.step / 500. : 1) * .5 * (1 + cos(3.14159265 * s.step / total)) + 1e-6;
        float c1 = 1 - pow(.9, s.step), c2 = 1 - pow(.99, s.step), *p = (float *)&s.p, *m = (float *)&s.m,
              *v = (float *)&s.v, *gr = (float *)&g;
        float a = lr / c1, d = lr * 1e-3;
        for (size_t i = 0; i < NP; i++) {
            m[i] = .9f * m[i] + .1f * gr[i];
            v[i] = .99f * v[i] + .01f * gr[i] * gr[i];
            p[i] -= a * m[i] / (sqrtf(v[i] / c2) + 1e-8f) + d * p[i];
        }
        if (s.step % 1000 == 0 || s.step < 5 || s.step == 50 || s.step == 200) {
            printf("%ld loss %.4f cpu %.0f\n", s.step, shown / shown_n, clock() / (double)CLOCKS_PER_SEC),
                fflush(stdout);
            shown = shown_n = 0;
        }
    }
    f = fopen(argv[2], "wb");
    fwrite(&s, sizeof s, 1, f);
    fclose(f);
    printf("%ld cpu %.0f\n", s.step, clock() / (double)CLOCKS_PER_SEC);
}
