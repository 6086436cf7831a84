/* The firmware side of the console: banner, statistics, traces and reset. All other messages are dispatched to
   services. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "link.h"
#include "messages.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A service that handles requests of types `first` to `last`. */
struct console_service {
    uint8_t first, last;
    void (*answer)(const struct message *message);
};

/* Handles messages in an endless loop. If neither the console nor a service handles a message, the response is an
   error. */
__attribute__((noreturn)) void console_serve(const struct console_service *services, size_t count);

void console_ok(void);
void console_error(enum console_fault fault);
/* Reports the end of an utterance or run and records it for STATS. `stopped` is true if the utterance or run was ended
   early. `first` is the number of instructions until the first samples. */
void console_done(bool stopped, uint32_t samples, uint32_t pcm_crc, uint64_t instructions, uint64_t first);

#endif
