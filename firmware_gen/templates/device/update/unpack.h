/* An update's stream (docs/reference/console.md): blocks of 64 bytes of the image, each the sum of what the old image has at some place
   and a small number, which is Rice-coded. Bits come in as they arrive, bytes go out; nothing is kept but this struct. */
#ifndef UNPACK_H
#define UNPACK_H

#include <stdbool.h>
#include <stdint.h>

struct unpack {
    const uint8_t *old; /* the image that is the source, or NULL */
    uint32_t old_bytes;
    uint32_t todo;  /* bytes of the new image that are still to come */
    uint32_t place; /* in the old image, of the next byte's source; UNPACK_NONE: zeros are */
    uint32_t left;  /* bytes of the block, or of the run of blocks */
    uint32_t bits;  /* received and not used, from the highest bit on */
    uint8_t count;  /* how many */
    uint8_t mode;   /* of the block, or the order whose number comes next */
    bool bad;       /* the stream means nothing, or reaches beyond the old image */
};

#define UNPACK_NONE 0xFFFFFFu /* also bounds the size of an old image */

/* `bytes` of the new image are to come; `old` may be NULL. */
void unpack_start(struct unpack *unpack, uint32_t bytes, const uint8_t *old, uint32_t old_bytes);

/* Decode from `*from` on, before `end`, into at most `room` bytes; what was read is behind `*from`, what was made is
   returned. It stops when there is no room, too little input, or `bad`. */
uint32_t unpack(struct unpack *state, const uint8_t **from, const uint8_t *end, uint8_t *to, uint32_t room);

#endif
