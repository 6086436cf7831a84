/* What the core itself knows: its stack, its reset. */
#ifndef STARTUP_H
#define STARTUP_H

#include <stdint.h>

/* Bytes of stack ever used since the start, by the paint that is gone; and bytes there are. */
uint32_t stack_used(void);
uint32_t stack_size(void);

/* Reset the system into the boot loader. */
__attribute__((noreturn)) void reset_system(void);

#endif
