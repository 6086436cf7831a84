/* The console of generated firmware as a host program, for a simulated watch (tests/support/watch_console).

   All hardware access goes through standard input and output, one command at a time. I requests bytes from the line,
   O sends bytes to it, E, P and R erase, program and read the secondary slot, and X resets. Numbers are u32,
   little-endian. The first argument is a file with the contents of the running slot, and the second one is the
   banner. */
#include "application.h"
#include "board.h"
#include "console.h"
#include "counter.h"
#include "services.h"
#include "slots.h"
#include "startup.h"
#include "trace_device.h"
#include "uart.h"
#include "uart_ring.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In real firmware these are constants in identity.h. */
char identity[1024];
uint16_t identity_length;
extern const uint32_t arena_bytes;
const uint32_t arena_bytes = 0;

static uint8_t running[SLOT_BYTES];

static void put(const void *data, size_t bytes)
{
    if (fwrite(data, 1, bytes, stdout) != bytes)
        exit(1);
}

static void get(void *data, size_t bytes)
{
    fflush(stdout);
    if (fread(data, 1, bytes, stdin) != bytes)
        exit(0); /* power off */
}

static void order(char letter, uint32_t first, uint32_t second)
{
    uint8_t head[9] = {(uint8_t)letter};

    put32(put32(head + 1, first), second);
    put(head, sizeof head);
}

static bool obeyed(void)
{
    uint8_t answer;

    get(&answer, 1);
    return answer == 0;
}

bool uart_take(const uint8_t *data, size_t bytes)
{
    (void)data, (void)bytes;
    return false; /* no operation takes long here */
}

uint8_t uart_get(void)
{
    static uint8_t bytes[4096];
    static uint32_t have, used;

    while (used == have) {
        order('I', 0, 0);
        get(bytes, 4);
        have = get32(bytes);
        if (have > sizeof bytes)
            exit(1);
        get(bytes, have);
        used = 0;
    }
    return bytes[used++];
}

void uart_put(const void *data, size_t bytes)
{
    order('O', (uint32_t)bytes, 0);
    if (bytes)
        put(data, bytes);
}

const uint8_t *running_slot(void)
{
    return running;
}

bool secondary_erase(uint32_t offset)
{
    order('E', offset, PAGE_BYTES);
    return obeyed();
}

bool secondary_program(uint32_t offset, const uint8_t *data, uint32_t bytes)
{
    order('P', offset, bytes);
    put(data, bytes);
    return obeyed();
}

bool secondary_read(uint32_t offset, uint8_t *to, uint32_t bytes)
{
    order('R', offset, bytes);
    if (!obeyed())
        return false;
    get(to, bytes);
    return true;
}

void reset_system(void)
{
    order('X', 0, 0);
    fflush(stdout);
    exit(0);
}

/* This firmware supports only updates. */
void application_start(void) {}

void application_message(const struct message *message)
{
    (void)message;
    console_error(FAULT_ABSENT);
}

void trace_ask(uint8_t graph, uint16_t tensor, uint32_t invocation)
{
    (void)graph, (void)tensor, (void)invocation;
}

uint32_t stack_used(void)
{
    return 0;
}

uint32_t stack_size(void)
{
    return 0;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 3 && strlen(argv[2]) < sizeof identity ? fopen(argv[1], "rb") : NULL;

    if (!file || fread(running, 1, sizeof running, file) != sizeof running)
        return 2;
    fclose(file);
    memcpy(identity, argv[2], strlen(argv[2]));
    identity_length = (uint16_t)strlen(argv[2]);
    services_run();
}
