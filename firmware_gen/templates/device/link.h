/* The console's frames: 0x7E 0x54 | type u8 | length u16 | payload | crc u16, little-endian. */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stdint.h>

enum { LINK_PAYLOAD = 1024 };

struct message {
    uint8_t type;
    uint16_t length; /* at most LINK_PAYLOAD */
    const uint8_t *payload;
};

/* Waits for the next valid frame and returns its message. The payload is valid until the next call. */
struct message link_receive(void);

/* Makes the next call to link_receive return the last message again. */
void link_put_back(void);

/* Consumes the next frame if it has arrived, is of this type and has no payload. Returns whether a frame was consumed,
   without waiting. The message of the previous frame remains valid. */
bool link_take(uint8_t type);

/* Sends one frame. */
void link_send(uint8_t type, const void *payload, uint16_t length);

/* Access to little-endian integers at unaligned addresses. */
static inline uint8_t *put16(uint8_t *to, uint32_t value)
{
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
    return to + 2;
}

static inline uint8_t *put32(uint8_t *to, uint32_t value)
{
    return put16(put16(to, value), value >> 16);
}

static inline uint32_t get16(const uint8_t *from)
{
    return (uint32_t)from[0] | (uint32_t)from[1] << 8;
}

static inline uint32_t get32(const uint8_t *from)
{
    return get16(from) | get16(from + 2) << 16;
}

#endif
