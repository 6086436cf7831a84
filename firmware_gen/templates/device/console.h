/* The firmware's side of the console: greeting, statistics, traces and reset. Everything else it hands to a service. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "link.h"
#include "messages.h"

#include <stddef.h>
#include <stdint.h>

/* Answers the requests of type `first` to `last`. */
struct console_service {
    uint8_t first, last;
    void (*answer)(const struct message *message);
};

/* Answer messages for ever; what neither the console nor one of the services knows is an error. */
__attribute__((noreturn)) void console_serve(const struct console_service *services, size_t count);

void console_ok(void);
void console_error(enum console_fault fault);
/* The end of an utterance or run; also what STATS says of it. `first`: instructions until the first samples were there. */
void console_done(uint32_t samples, uint32_t pcm_crc, uint64_t instructions, uint64_t first);

#endif
