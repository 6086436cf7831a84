#include "unpack.h"

#include <stddef.h>

enum { BLOCK = 64, LONGEST = 24 /* bits of the longest code */, ESCAPE = 12 };
enum { RAW = 8, RUN, SEEK, NOTHING /* pending */ = 16 };

void unpack_start(struct unpack *unpack, uint32_t bytes, const uint8_t *old, uint32_t old_bytes)
{
    *unpack = (struct unpack){
        .old = old,
        .old_bytes = old_bytes,
        .todo = bytes,
        .place = old ? 0 : UNPACK_NONE,
        .mode = NOTHING,
    };
}

static uint32_t take(struct unpack *unpack, unsigned bits)
{
    uint32_t value = unpack->bits >> (32 - bits);

    unpack->bits <<= bits;
    unpack->count = (uint8_t)(unpack->count - bits);
    return value;
}

/* Reads a number in Rice code: the high part in unary, a zero bit, and `low` bits. Small numbers have short codes. A
   prefix of ESCAPE one bits is followed by the number itself. */
static uint32_t take_rice(struct unpack *unpack, unsigned low)
{
    unsigned ones = (unsigned)__builtin_clz(~unpack->bits | 1);

    if (ones >= ESCAPE) {
        take(unpack, ESCAPE);
        return take(unpack, 8);
    }
    take(unpack, ones + 1);
    return ones << low | (low ? take(unpack, low) : 0);
}

/* Starts a run of `bytes` bytes with the same mode. The source of these bytes must be inside the old image. */
static void begin(struct unpack *unpack, uint8_t mode, uint32_t bytes)
{
    unpack->mode = mode;
    unpack->left = bytes < unpack->todo ? bytes : unpack->todo;
    if (unpack->place != UNPACK_NONE
        && (unpack->place > unpack->old_bytes || unpack->left > unpack->old_bytes - unpack->place))
        unpack->bad = true;
}

static void read_order(struct unpack *unpack)
{
    if (unpack->mode == RUN) {
        begin(unpack, RUN, BLOCK * (1 + take(unpack, 8)));
    } else if (unpack->mode == SEEK) {
        unpack->place = take(unpack, 24);
        unpack->mode = NOTHING;
        unpack->bad = unpack->place != UNPACK_NONE && !unpack->old;
    } else {
        uint32_t mode = take(unpack, 4);

        if (mode <= RAW)
            begin(unpack, (uint8_t)mode, BLOCK);
        else if (mode <= SEEK)
            unpack->mode = (uint8_t)mode;
        else
            unpack->bad = true;
    }
}

static uint8_t read_byte(struct unpack *unpack, uint8_t before)
{
    uint32_t folded;

    if (unpack->mode == RUN)
        return before;
    if (unpack->mode == RAW)
        return (uint8_t)take(unpack, 8);
    folded = take_rice(unpack, unpack->mode);
    return (uint8_t)(before + (folded >> 1 ^ (0u - (folded & 1)))); /* 0, -1, 1, -2, ... */
}

/* Reads input until the bit buffer is full. */
static const uint8_t *fill(struct unpack *unpack, const uint8_t *from, const uint8_t *end)
{
    while (unpack->count <= LONGEST && from < end) {
        unpack->bits |= (uint32_t)*from++ << (LONGEST - unpack->count);
        unpack->count = (uint8_t)(unpack->count + 8);
    }
    return from;
}

uint32_t unpack(struct unpack *state, const uint8_t **from, const uint8_t *end, uint8_t *to, uint32_t room)
{
    struct unpack now = *state; /* the compiler can keep a local copy in registers, because `to` cannot alias it */
    const uint8_t *at = *from;
    uint32_t made = 0;

    while (now.todo && !now.bad && made < room) {
        at = fill(&now, at, end);
        if (now.left) {
            bool sourced = now.place != UNPACK_NONE;

            if (now.count < LONGEST && now.mode != RUN)
                break;
            to[made++] = read_byte(&now, sourced ? now.old[now.place] : 0);
            now.place += sourced;
            now.todo--;
            if (--now.left == 0)
                now.mode = NOTHING;
        } else if (now.count < LONGEST) {
            break;
        } else {
            read_order(&now);
        }
    }
    *state = now;
    *from = at;
    return made;
}
