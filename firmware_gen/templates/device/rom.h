/* The boot loader in the chip's ROM. */
#ifndef ROM_H
#define ROM_H

/* Starts the ROM's boot loader, which ends this firmware. */
__attribute__((noreturn)) void rom_start(void);

#endif
