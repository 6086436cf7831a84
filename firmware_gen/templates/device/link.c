#include "link.h"
#include "board.h"
#include "crc.h"
#include "uart.h"
#include "uart_ring.h"
#if HAS_WATCHDOG
#include "watchdog.h"
#else
#define watchdog_feed() ((void)0)
#endif

enum { FLAG_0 = 0x7E, FLAG_1 = 0x54, HEAD = 5, TAIL = 2, FRAME = HEAD + LINK_PAYLOAD + TAIL };

static uint8_t frame[FRAME];
static uint32_t have;
static uint32_t spent; /* length of the frame returned by the last call to link_receive */

/* Discards the first `bytes` received bytes. */
static void drop(uint32_t bytes)
{
    have -= bytes;
    for (uint32_t i = 0; i < have; i++)
        frame[i] = frame[i + bytes];
}

struct message link_receive(void)
{
    drop(spent);
    spent = 0;
    for (;;) {
        uint32_t length = have >= HEAD ? get16(frame + 3) : 0;

        if ((have >= 1 && frame[0] != FLAG_0) || (have >= 2 && frame[1] != FLAG_1) || length > LINK_PAYLOAD) {
            drop(1);
        } else if (have < HEAD + length + TAIL) {
            frame[have++] = uart_get();
        } else if (crc16(0, frame + 2, HEAD - 2 + length) != get16(frame + HEAD + length)) {
            drop(1);
        } else {
            watchdog_feed();
            spent = HEAD + length + TAIL;
            return (struct message){frame[2], (uint16_t)length, frame + HEAD};
        }
    }
}

void link_put_back(void)
{
    spent = 0;
}

bool link_take(uint8_t type)
{
    uint8_t wanted[HEAD + TAIL] = {FLAG_0, FLAG_1, type};

    put16(wanted + HEAD, crc16(0, wanted + 2, HEAD - 2));
    return have == spent && uart_take(wanted, sizeof wanted);
}

void link_send(uint8_t type, const void *payload, uint16_t length)
{
    uint8_t head[HEAD] = {FLAG_0, FLAG_1, type}, tail[TAIL];

    watchdog_feed();
    put16(head + 3, length);
    put16(tail, crc16(crc16(0, head + 2, HEAD - 2), payload, length));
    uart_put(head, HEAD);
    uart_put(payload, length);
    uart_put(tail, TAIL);
}
