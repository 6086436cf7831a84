/* Stack usage and system reset. */
#ifndef STARTUP_H
#define STARTUP_H

#include "board.h"

#include <stdint.h>

/* Maximum stack use since start-up in bytes, determined by stack painting, and the stack size in bytes. */
uint32_t stack_used(void);
uint32_t stack_size(void);

/* Resets the system, which starts the boot loader. */
__attribute__((noreturn)) void reset_system(void);

#ifdef ROM_NOTE
/* Called before memory is initialised. Defined by the driver of the ROM's boot loader if the chip is reset before it
 * enters the ROM. */
void startup_begins(void);
#endif

#endif
