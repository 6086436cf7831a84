/* The four functions that a C compiler may call implicitly. With these functions, firmware needs no C library. */
#include <string.h>

#include <stdint.h>

/* Link-time optimisation must not drop functions that only the compiler's own calls use, and gcc must not turn the loop
 * of memcpy into a call of memcpy. */
#ifdef __GNUC__
#define KEPT __attribute__((used))
#else
#define KEPT
#endif
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-tree-loop-distribute-patterns")
#endif

KEPT void *memcpy(void *restrict to, const void *restrict from, size_t bytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if ((((uintptr_t)t | (uintptr_t)f) & 3) == 0) {
        for (; bytes >= 16; bytes -= 16, t += 16, f += 16) {
            uint32_t *tw = (uint32_t *)(void *)t;
            const uint32_t *fw = (const uint32_t *)(const void *)f;
            uint32_t a = fw[0], b = fw[1], c = fw[2], d = fw[3];

            tw[0] = a, tw[1] = b, tw[2] = c, tw[3] = d;
        }
    }
    while (bytes--)
        *t++ = *f++;
    return to;
}

KEPT void *memmove(void *to, const void *from, size_t bytes)
{
    uint8_t *t = to;
    const uint8_t *f = from;

    if ((uintptr_t)t - (uintptr_t)f >= bytes)
        return memcpy(to, from, bytes);
    while (bytes--)
        t[bytes] = f[bytes];
    return to;
}

KEPT void *memset(void *to, int value, size_t bytes)
{
    uint8_t *t = to;

    for (; bytes && ((uintptr_t)t & 3); bytes--)
        *t++ = (uint8_t)value;
    for (uint32_t word = (uint8_t)value * 0x01010101u; bytes >= 4; bytes -= 4, t += 4)
        *(uint32_t *)(void *)t = word;
    while (bytes--)
        *t++ = (uint8_t)value;
    return to;
}

KEPT int memcmp(const void *one, const void *other, size_t bytes)
{
    const uint8_t *a = one, *b = other;

    for (; bytes && *a == *b; bytes--)
        a++, b++;
    return bytes ? *a - *b : 0;
}
