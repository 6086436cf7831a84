/* Unpacks an update's stream (docs/reference/console.md): blocks of 64 bytes of the new image. Each byte is the sum of a byte of
   the old image and a small number, which is Rice-coded. Input may arrive in any pieces. This struct is the only state. */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdbool.h>
#include <stdint.h>

struct unpack {
    const uint8_t *old; /* the old image, or NULL */
    uint32_t old_bytes;
    uint32_t todo;  /* bytes of the new image still to come */
    uint32_t place; /* source of the next byte in the old image; UNPACK_NONE: zeros */
    uint32_t left;  /* bytes left of the block or run of blocks */
    uint32_t bits;  /* received but not used, highest bit first */
    uint8_t count;  /* number of these bits */
    uint8_t mode;   /* of the block, or the order whose operand comes next */
    bool bad;       /* the stream is invalid or reaches beyond the old image */
};

#define UNPACK_NONE 0xFFFFFFu /* also bounds the size of an old image */

/* Starts a stream of `bytes` bytes of the new image. `old` may be NULL. */
void unpack_start(struct unpack *unpack, uint32_t bytes, const uint8_t *old, uint32_t old_bytes);

/* Decodes input from `*from` to `end` into at most `room` bytes of `to`. Advances `*from` past the input used, and returns the
   number of bytes written. Stops when `to` is full, the input is used up, or the stream is `bad`. */
uint32_t unpack(struct unpack *state, const uint8_t **from, const uint8_t *end, uint8_t *to, uint32_t room);

#endif
