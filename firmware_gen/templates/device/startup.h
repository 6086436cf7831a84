/* Stack usage and system reset. */
#ifndef STARTUP_H
#define STARTUP_H

#include <stdint.h>

/* Maximum stack use since start-up in bytes, determined by stack painting, and the stack size in bytes. */
uint32_t stack_used(void);
uint32_t stack_size(void);

/* Resets the system, which starts the boot loader. */
__attribute__((noreturn)) void reset_system(void);

#endif
