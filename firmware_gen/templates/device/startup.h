/* Stack usage and reset of the core. */
#ifndef STARTUP_H
#define STARTUP_H

#include <stdint.h>

/* The most bytes of stack used since start-up, found by the paint left over, and the size of the stack. */
uint32_t stack_used(void);
uint32_t stack_size(void);

/* Resets the system, which starts the boot loader. */
__attribute__((noreturn)) void reset_system(void);

#endif
