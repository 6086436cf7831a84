/* Tiny firmware with the console of docs/reference/console.md, to test boards/ without a voice.

   The firmware acts as a voice and as a model. SPEAK returns 100 samples per ID, and sample n of ID k is k * 100 + n
   % 100. RUN adds one to every byte of a 3000-byte tensor, which WRITE sets and READ returns. Compile this file with
   UART, COUNTER and STACK (numbers) and BANNER (a string literal). */

#include <stdint.h>

#define REG(address) (*(volatile uint32_t *)(address))
enum { DATA = 0x0, STATE = 0x4, CTRL = 0x8, BAUDDIV = 0x10 };
enum { TENSOR = 3000, SAMPLES = 100 };

void reset(void);
__attribute__((section(".vectors"), used)) static const uintptr_t vectors[] = {STACK, (uintptr_t)reset};

static uint8_t tensor[TENSOR];
static uint8_t request[1024];
static uint32_t wanted_dump;

static uint8_t get(void)
{
    while (!(REG(UART + STATE) & 2)) {}
    return (uint8_t)REG(UART + DATA);
}

static void put(uint8_t byte)
{
    while (REG(UART + STATE) & 1) {}
    REG(UART + DATA) = byte;
}

static uint16_t crc16(uint16_t crc, uint8_t byte)
{
    crc = (uint16_t)(crc ^ byte << 8);
    for (int i = 0; i < 8; i++)
        crc = (uint16_t)(crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1);
    return crc;
}

static uint32_t crc32(uint32_t crc, const uint8_t *bytes, uint32_t count)
{
    for (crc = ~crc; count--; bytes++) {
        crc ^= *bytes;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}

static void frame(uint8_t type, const void *payload, uint32_t length)
{
    const uint8_t *bytes = payload;
    uint16_t crc = crc16(crc16(crc16(0, type), (uint8_t)length), (uint8_t)(length >> 8));
    put(0x7E), put(0x54), put(type), put((uint8_t)length), put((uint8_t)(length >> 8));
    for (uint32_t i = 0; i < length; i++)
        put(bytes[i]), crc = crc16(crc, bytes[i]);
    put((uint8_t)crc), put((uint8_t)(crc >> 8));
}

static void text(uint8_t type, const char *string)
{
    uint32_t length = 0;
    while (string[length])
        length++;
    frame(type, string, length);
}

static void error(uint8_t code)
{
    frame(0xFF, &code, 1);
}

static uint32_t get32(const uint8_t *p)
{
    return p[0] | p[1] << 8 | p[2] << 16 | (uint32_t)p[3] << 24;
}
static uint8_t *put32(uint8_t *p, uint32_t v)
{
    for (int i = 0; i < 4; i++)
        *p++ = (uint8_t)(v >> 8 * i);
    return p;
}

static void done(uint32_t samples, uint32_t crc, uint32_t ticks)
{
    uint8_t payload[17] = {0};
    put32(put32(put32(payload + 1, samples), crc), ticks);
    frame(0x83, payload, sizeof payload);
}

static void traced(uint8_t flags)
{
    uint8_t entry[15] = {0};
    put32(put32(entry + 7, TENSOR), crc32(0, tensor, TENSOR));
    if (flags & 1)
        frame(0x87, entry, sizeof entry);
    for (uint32_t at = 0; wanted_dump && at < TENSOR; at += 1000) {
        static uint8_t block[11 + 1000];
        put32(block + 7, at);
        for (uint32_t i = 0; i < 1000; i++)
            block[11 + i] = tensor[at + i];
        frame(0x88, block, sizeof block);
    }
    wanted_dump = 0;
}

static void speak(uint32_t length)
{
    uint32_t start = REG(COUNTER), samples = 0, crc = 0;
    for (uint32_t i = 5; i < length; i++) {
        uint8_t block[4 + 2 * SAMPLES];
        uint8_t *p = put32(block, samples);
        for (uint32_t n = 0; n < SAMPLES; n++) {
            uint32_t sample = request[i] * 100u + n;
            *p++ = (uint8_t)sample, *p++ = (uint8_t)(sample >> 8);
        }
        crc = crc32(crc, block + 4, 2 * SAMPLES);
        samples += SAMPLES;
        frame(0x82, block, sizeof block);
    }
    traced(request[0]);
    done(samples, crc, REG(COUNTER) - start);
}

static void handle(uint8_t type, uint32_t length)
{
    uint32_t at = get32(request + 1);
    if (type == 1)
        text(0x81, BANNER);
    else if (type == 2)
        speak(length);
    else if (type == 3) {
        for (uint32_t i = 0; i < TENSOR; i++)
            tensor[i]++;
        traced(request[0]);
        done(0, 0, 0);
    } else if (type == 4) {
        if (request[0] || at > TENSOR || length - 5 > TENSOR - at) {
            error(3);
            return;
        }
        for (uint32_t i = 5; i < length; i++)
            tensor[at + i - 5] = request[i];
        frame(0x84, 0, 0);
    } else if (type == 5) {
        uint32_t count = request[5] | (uint32_t)request[6] << 8;
        uint8_t block[1024];
        if (request[0] || count > 1000 || at > TENSOR || count > TENSOR - at) {
            error(3);
            return;
        }
        put32(block, at);
        for (uint32_t i = 0; i < count; i++)
            block[4 + i] = tensor[at + i];
        frame(0x85, block, 4 + count);
    } else if (type == 6)
        text(0x86, "instructions=12\nstack_bytes=34\nstack_size=56\narena_bytes=3000\n");
    else if (type == 7)
        wanted_dump = 1, frame(0x84, 0, 0);
    else if (type == 8) {
        frame(0x84, 0, 0);
        REG(0xE000ED0Cu) = 0x05FA0004u;
        for (;;) {}
    } else if (type == 9 && length == 5)
        frame(0x84, 0, 0);
    else
        error(1);
}

void reset(void)
{
    REG(UART + BAUDDIV) = 16;
    REG(UART + CTRL) = 3;
    wanted_dump = 0;
    for (uint32_t i = 0; i < TENSOR; i++)
        tensor[i] = 0;
    text(0x81, BANNER);
    for (;;) {
        if (get() != 0x7E || get() != 0x54)
            continue;
        uint8_t type = get();
        uint32_t length = get();
        length |= (uint32_t)get() << 8;
        if (length > sizeof request)
            continue;
        uint16_t crc = crc16(crc16(crc16(0, type), (uint8_t)length), (uint8_t)(length >> 8));
        for (uint32_t i = 0; i < length; i++)
            request[i] = get(), crc = crc16(crc, request[i]);
        uint16_t sent = get();
        sent = (uint16_t)(sent | get() << 8);
        if (sent == crc)
            handle(type, length);
    }
}
