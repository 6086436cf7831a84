/* Fuzzes the update decoder with libFuzzer. For any stream and any old image, decoding the stream in random chunks must
   give the same bytes as decoding it in one piece, and never more bytes than announced.

   An input consists of the new image's size (u16), the old image's size (u16), the seed for splitting the stream
   (u8), the old image, and the stream. */
#include "link.h"
#include "unpack.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD = 5, MOST = 1 << 14 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t whole[MOST], pieces[MOST];
    struct unpack unpacked;
    const uint8_t *from, *end = data + size;
    uint32_t bytes, old_bytes, seed, made = 0, cut_made = 0;
    uint8_t *old = NULL;

    if (size < HEAD)
        return 0;
    bytes = get16(data) % MOST;
    old_bytes = get16(data + 2);
    seed = data[4];
    from = data + HEAD;
    if (old_bytes > (size_t)(end - from))
        old_bytes = (uint32_t)(end - from);
    if (old_bytes) { /* a separate copy, so that the sanitizer detects reads beyond its end */
        old = malloc(old_bytes);
        memcpy(old, from, old_bytes);
        from += old_bytes;
    }

    const uint8_t *stream = from;

    unpack_start(&unpacked, bytes, old, old_bytes);
    made = unpack(&unpacked, &from, end, whole, bytes);
    if (made + unpacked.todo != bytes || from > end)
        abort();
    bool bad = unpacked.bad;

    unpack_start(&unpacked, bytes, old, old_bytes);
    for (const uint8_t *at = stream; at < end && !unpacked.bad && cut_made < bytes;) {
        const uint8_t *until;
        uint32_t room, got;

        seed = seed * 1103515245 + 12345;
        until = (size_t)(end - at) <= (seed >> 16) % 32 ? end : at + (seed >> 16) % 32 + 1;
        do {
            room = 1 + (seed >> 8) % 64;
            if (room > bytes - cut_made)
                room = bytes - cut_made;
            got = unpack(&unpacked, &at, until, pieces + cut_made, room);
            if (got > room || at > until)
                abort();
            cut_made += got;
        } while (got && !unpacked.bad && cut_made < bytes);
        if (!unpacked.bad && unpacked.todo && at != until) /* it may stop only if there is no more input */
            abort();
    }
    if (unpacked.bad != bad || cut_made != made || memcmp(whole, pieces, made) != 0)
        abort();
    free(old);
    return 0;
}
