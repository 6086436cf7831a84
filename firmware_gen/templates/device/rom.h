/* The boot loader in the chip's ROM. */
#ifndef ROM_H
#define ROM_H

/* Starts the ROM's boot loader and does not return. */
__attribute__((noreturn)) void rom_start(void);

#endif
