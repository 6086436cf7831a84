/* Faster reads from the flash of the RP2350 (data sheet, 12.14; Winbond W25Q32RV). */
#ifndef RP2_FLASH_H
#define RP2_FLASH_H

#include "registers.h"
#include "rp2350_registers.h"

#include <stdint.h>

#define UNCACHED_FLASH 0x14000000u

enum { QUAD = 2, QUAD_READ = 0xEB, CONTINUOUS = 0xA0, FLASH_DIVIDER = 2 };

/* The ROM has determined which kinds of read the flash supports. If these include quad reads, this function omits their
   command, and reads at half the core's frequency instead of a third. This function is in RAM, because it must not read
   from flash. */
__attribute__((section(".data.flash_start"), noinline)) static void chip_flash_start(void)
{
    uint32_t format = REG(QMI_M0_RFMT), timing = REG(QMI_M0_TIMING);

    if ((format / QMI_M0_RFMT_DATA_WIDTH & 3) != QUAD || REG(QMI_M0_RCMD) != QUAD_READ * QMI_M0_RCMD_PREFIX)
        return;
    REG(QMI_M0_TIMING) = timing & ~(3u * QMI_M0_TIMING_COOLDOWN); /* the next read is a transfer of its own */
    REG(QMI_M0_RCMD) = QUAD_READ * QMI_M0_RCMD_PREFIX | CONTINUOUS * QMI_M0_RCMD_SUFFIX;
    __asm volatile("dsb" ::: "memory");
    (void)REG(UNCACHED_FLASH); /* tells the flash that the next read starts with the address */
    __asm volatile("dsb" ::: "memory");
    REG(QMI_M0_RFMT) = format & ~QMI_M0_RFMT_PREFIX_LEN;
    REG(QMI_M0_TIMING) = (timing & ~(0xFFu * QMI_M0_TIMING_CLKDIV)) | FLASH_DIVIDER * QMI_M0_TIMING_CLKDIV;
    __asm volatile("dsb" ::: "memory");
}

#endif
