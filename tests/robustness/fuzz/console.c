/* Fuzzes the console of generated firmware with libFuzzer. The code is that of a board's firmware, except for the files
   that access hardware. This file replaces those files and simulates the serial line, the stack size and the reset.

   An input consists of all bytes that a host sends from power-on until the cable is unplugged. A reset (BOOT) restarts the
   firmware, which continues with the remaining bytes. The firmware's variables are restored before each input, so every
   crash can be reproduced from its input alone.

   With the argument "serve", the program uses its standard input and output as the line, so that any client can
   connect. */
#include "board.h"
#include "console.h"
#include "crc.h"
#include "services.h"
#include "startup.h"
#include "uart.h"
#include "uart_ring.h"

#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD = 5, TAIL = 2, FIRST_ANSWER = 0x81, MEND = 7, ADD = 3 };
enum { RESET = 1, OFF };

extern uint64_t state_start[], state_end[]; /* from console.ld: .data and .bss of the firmware */

static uint64_t *at_power_on;
static const uint8_t *line, *line_end;
static jmp_buf power;
static bool serves;

static struct {
    uint8_t bytes[HEAD + LINK_PAYLOAD + TAIL];
    uint32_t have;
} answer;

/* Copies word by word, without instrumentation, because AddressSanitizer reports accesses between variables. */
__attribute__((no_sanitize("address"), noinline)) static void copy(uint64_t *to, const uint64_t *from)
{
    for (size_t i = 0; i < (size_t)(state_end - state_start); i++)
        ((volatile uint64_t *)to)[i] = from[i];
}

void uart_start(void) {}
void uart_drain(void) {}
void uart_receive_isr(void) {}

uint8_t uart_get(void)
{
    int byte = serves ? getchar() : line == line_end ? EOF : *line++;

    if (byte == EOF)
        longjmp(power, OFF);
    return (uint8_t)byte;
}

bool uart_take(const uint8_t *data, size_t bytes)
{
    if (serves || (size_t)(line_end - line) < bytes || memcmp(line, data, bytes) != 0)
        return false;
    line += bytes;
    return true;
}

/* For any input, the host must receive whole frames within the limits of the protocol. */
void uart_put(const void *data, size_t bytes)
{
    const uint8_t *byte = data;

    for (size_t i = 0; i < bytes; i++) {
        uint8_t *b = answer.bytes;
        uint32_t length;

        b[answer.have++] = byte[i];
        length = answer.have < HEAD ? 0 : get16(b + 3);
        if (length > LINK_PAYLOAD || (answer.have == HEAD && (b[0] != 0x7E || b[1] != 0x54 || b[2] < FIRST_ANSWER)))
            abort();
        if (answer.have == HEAD + length + TAIL) {
            if (crc16(0, b + 2, HEAD - 2 + length) != get16(b + HEAD + length))
                abort();
            answer.have = 0;
        }
    }
    if (serves && (fwrite(data, 1, bytes, stdout) != bytes || fflush(stdout)))
        longjmp(power, OFF);
}

uint32_t stack_used(void)
{
    return 0;
}

uint32_t stack_size(void)
{
    return 0;
}

__attribute__((noreturn)) void reset_system(void)
{
    longjmp(power, RESET);
}

#if HAS_SECONDARY
#include "slots.h"

/* The slot with the "running" image, and a secondary slot in simulated flash that is as strict as a real chip's. */
extern const uint8_t running_image[];
extern const uint32_t running_bytes;

static uint8_t *running, *secondary;
static bool touched[SLOT_BYTES / PAGE_BYTES];

const uint8_t *running_slot(void)
{
    return running;
}

bool secondary_erase(uint32_t offset)
{
    if (offset >= SLOT_BYTES || offset % PAGE_BYTES)
        return false;
    memset(secondary + offset, 0xFF, PAGE_BYTES);
    touched[offset / PAGE_BYTES] = true;
    return true;
}

bool secondary_program(uint32_t offset, const uint8_t *data, uint32_t bytes)
{
    if (offset % WORD_BYTES || bytes % WORD_BYTES || offset > SLOT_BYTES || bytes > SLOT_BYTES - offset)
        return false;
    for (uint32_t i = 0; i < bytes; i++) {
        if (secondary[offset + i] != 0xFF)
            return false;
        touched[(offset + i) / PAGE_BYTES] = true;
    }
    memcpy(secondary + offset, data, bytes);
    return true;
}

bool secondary_read(uint32_t offset, uint8_t *to, uint32_t bytes)
{
    if (offset > SLOT_BYTES || bytes > SLOT_BYTES - offset)
        return false;
    memcpy(to, secondary + offset, bytes);
    return true;
}

static void make_slots(void)
{
    running = malloc(SLOT_BYTES);
    secondary = malloc(SLOT_BYTES);
    memset(running, 0xFF, SLOT_BYTES);
    memcpy(running, running_image, running_bytes);
    memset(touched, true, sizeof touched);
}

/* The secondary slot holds an older update and must be erased before it is written. */
static void fill_secondary(void)
{
    for (uint32_t page = 0; page < SLOT_BYTES / PAGE_BYTES; page++)
        if (touched[page])
            memset(secondary + page * PAGE_BYTES, (int)(page & 0x7F), PAGE_BYTES);
    memset(touched, false, sizeof touched);
}
#else
static void make_slots(void) {}
static void fill_secondary(void) {}
#endif

static void live(void)
{
    if (setjmp(power) != OFF) {
        copy(state_start, at_power_on);
        answer.have = 0;
        services_run();
    }
    if (answer.have) /* the firmware stopped in the middle of a response */
        abort();
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    at_power_on = malloc((size_t)((uint8_t *)state_end - (uint8_t *)state_start));
    copy(at_power_on, state_start);
    make_slots();
    serves = *argc > 1 && strcmp((*argv)[1], "serve") == 0;
    if (serves) {
        fill_secondary();
        live();
        exit(0);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    line = data;
    line_end = data + size;
    fill_secondary();
    live();
    return 0;
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

/* Returns the first frame marker at or after `at`, or `end` if there is none. */
static uint8_t *flag(uint8_t *at, uint8_t *end)
{
    while (at < end && !(at + 1 < end && at[0] == 0x7E && at[1] == 0x54))
        at++;
    return at;
}

/* Gives every frame a valid checksum. If `lengths` is set, also extends every frame to the start of the next one. */
static void mend(uint8_t *data, size_t size, bool lengths)
{
    uint8_t *end = data + size, *at = flag(data, end);

    while (end - at >= HEAD + TAIL) {
        uint8_t *next = flag(at + HEAD + TAIL, end);
        size_t room = (size_t)((lengths ? next : end) - at) - HEAD - TAIL, length = get16(at + 3);

        if (lengths || length > room)
            length = room < LINK_PAYLOAD ? room : LINK_PAYLOAD;
        put16(at + 3, (uint32_t)length);
        put16(at + HEAD + length, crc16(0, at + 2, HEAD - 2 + length));
        at = flag(at + HEAD + length + TAIL, end);
    }
}

/* Applies libFuzzer's own mutations, sometimes inserts an empty frame of any type, and usually repairs the frames. */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    size = LLVMFuzzerMutate(data, size, most);
    if ((seed & ADD) == 0 && size + HEAD + TAIL <= most) {
        const uint8_t frame[HEAD + TAIL] = {0x7E, 0x54, (uint8_t)(seed >> 8 & 31)};
        uint8_t *at = flag(data + (seed >> 16) % (size + 1), data + size);

        memmove(at + sizeof frame, at, (size_t)(data + size - at));
        memcpy(at, frame, sizeof frame);
        size += sizeof frame;
    }
    if (seed & MEND)
        mend(data, size, seed & 8);
    return size;
}
