/* The firmware's side of the console; the application adds its own messages. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include "link.h"

#include <stdint.h>

enum console_request {
    CONSOLE_HELLO = 0x01, CONSOLE_SPEAK, CONSOLE_RUN, CONSOLE_WRITE, CONSOLE_READ, CONSOLE_STATS, CONSOLE_DUMP, CONSOLE_BOOT,
    CONSOLE_PROSODY,
    CONSOLE_UPDATE = 0x10, CONSOLE_UPDATE_BEGIN, CONSOLE_UPDATE_DATA, CONSOLE_UPDATE_FINISH,
};

enum console_answer {
    CONSOLE_BANNER = 0x81, CONSOLE_PCM, CONSOLE_DONE, CONSOLE_OK, CONSOLE_DATA, CONSOLE_STATS_LINES, CONSOLE_TRACE,
    CONSOLE_DUMP_DATA, CONSOLE_UPDATE_STATE = 0x90, CONSOLE_UPDATE_AT, CONSOLE_ERROR = 0xFF,
};

enum console_fault { FAULT_TYPE = 1, FAULT_LENGTH, FAULT_ARGUMENT, FAULT_BUSY, FAULT_ABSENT, FAULT_FLASH, FAULT_VERIFY };

/* Answer messages for ever. */
__attribute__((noreturn)) void console_serve(void);

void console_ok(void);
void console_error(enum console_fault fault);
/* The end of an utterance or run; also what STATS says of it. `first`: instructions until the first samples were there. */
void console_done(uint32_t samples, uint32_t pcm_crc, uint64_t instructions, uint64_t first);

/* The application's messages: SPEAK, PROSODY, or RUN, WRITE and READ. */
void application_message(const struct message *message);

#endif
