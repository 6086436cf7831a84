/* Decodes the stream of an update (docs/reference/console.md), which consists of 64-byte blocks of the new image. Each
   byte is the sum of a byte of the old image and a small number, which is Rice-coded. Input may be split at any byte.
   The decoder has no other state. */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdbool.h>
#include <stdint.h>

struct unpack {
    const uint8_t *old; /* the old image, or NULL */
    uint32_t old_bytes;
    uint32_t todo;  /* remaining bytes of the new image */
    uint32_t place; /* offset of the next source byte in the old image; UNPACK_NONE: zeros */
    uint32_t left;  /* remaining bytes of the block or run of blocks */
    uint32_t bits;  /* unused input bits, most significant bit first */
    uint8_t count;  /* number of unused input bits */
    uint8_t mode;   /* mode of the block, or the command whose operand is next */
    bool bad;       /* the stream is invalid or refers to data outside the old image */
};

#define UNPACK_NONE 0xFFFFFFu /* also limits the size of the old image */

/* Starts decoding a stream for a new image of `bytes` bytes. `old` may be NULL. */
void unpack_start(struct unpack *unpack, uint32_t bytes, const uint8_t *old, uint32_t old_bytes);

/* Decodes input from `*from` to `end` into at most `room` bytes at `to`. Advances `*from` past the consumed input and
   returns the number of bytes written. Stops when `to` is full, the input is exhausted, or the stream is `bad`. */
uint32_t unpack(struct unpack *state, const uint8_t **from, const uint8_t *end, uint8_t *to, uint32_t room);

#endif
