/* The second stage of the RP2040's boot: the first 256 bytes of flash (RP2040 data sheet, 2.8.1.3). The chip's ROM
   reads these bytes through slow single-bit transfers, checks the CRC-32 in the last four bytes, and calls them in SRAM
   with lr = 0. These bytes switch the flash chip to continuous quad reads (Winbond W25Q16JV and compatible: command
   EBh), so that flash can be executed in place, and enter the firmware through its vector table.

   The code is position-independent. The code uses one word of the stack. Registers: SSI in 4.10.13 and PADS_QSPI in
   2.19.6.3 of the data sheet. */

/* clang-format off */
__asm(".syntax unified\n\t"
      ".section .second_stage, \"ax\", %progbits\n\t"
      ".thumb\n\t"
      ".balign 4\n"
      "second_stage:\n\t"
      "push {lr}\n\t"
      /* Fast edges and 8 mA on SCLK. Without Schmitt triggers, the inputs of the data pins are faster. */
      "ldr r3, .Lpads_qspi\n\t"
      "movs r0, #0x21\n\t"
      "str r0, [r3, #0x04]\n\t"     /* SCLK: DRIVE = 8 mA, SLEWFAST */
      "ldr r0, [r3, #0x08]\n\t"     /* SD0 */
      "movs r1, #0x02\n\t"          /* SCHMITT */
      "bics r0, r1\n\t"
      "str r0, [r3, #0x08]\n\t"
      "str r0, [r3, #0x0C]\n\t"
      "str r0, [r3, #0x10]\n\t"
      "str r0, [r3, #0x14]\n\t"
      /* clk_sys / 2, sampled one clk_sys later; 8-bit frames on a single data line in each direction. */
      "ldr r3, .Lssi\n\t"
      "movs r1, #0\n\t"
      "str r1, [r3, #0x08]\n\t"     /* SSIENR: configuration requires a disabled SSI */
      "movs r1, #2\n\t"
      "str r1, [r3, #0x14]\n\t"     /* BAUDR */
      "movs r1, #1\n\t"
      "movs r2, #0xF0\n\t"
      "str r1, [r3, r2]\n\t"        /* RX_SAMPLE_DLY */
      "ldr r0, .Lctrlr0_bytes\n\t"
      "str r0, [r3, #0x00]\n\t"     /* CTRLR0 */
      "str r1, [r3, #0x08]\n\t"
      /* Quad transfers require the bit QE of status register 2. Only the volatile copy of the register is changed,
         which neither wears out the flash nor changes its write protection. */
      "movs r0, #0x35\n\t"          /* read status register 2 */
      "movs r1, #0\n\t"
      "bl .Lexchange\n\t"
      "movs r1, #0x02\n\t"          /* QE */
      "tst r0, r1\n\t"
      "bne .Lquad\n\t"
      "orrs r0, r1\n\t"
      "movs r2, r0\n\t"
      "movs r0, #0x50\n\t"          /* makes the next status write volatile */
      "str r0, [r3, #0x60]\n\t"     /* DR0 */
      "bl .Lready\n\t"
      "ldr r0, [r3, #0x60]\n\t"
      "movs r0, #0x31\n\t"          /* write status register 2 */
      "movs r1, r2\n\t"
      "bl .Lexchange\n"
      ".Lbusy:\n\t"
      "movs r0, #0x05\n\t"          /* read status register 1 */
      "movs r1, #0\n\t"
      "bl .Lexchange\n\t"
      "movs r1, #0x01\n\t"          /* BUSY */
      "tst r0, r1\n\t"
      "bne .Lbusy\n"
      /* Perform one quad read with a command. The mode bits A0h tell the flash that the next read starts with the
         address. */
      ".Lquad:\n\t"
      "movs r1, #0\n\t"
      "str r1, [r3, #0x08]\n\t"
      "ldr r0, .Lctrlr0_quad\n\t"
      "str r0, [r3, #0x00]\n\t"
      "str r1, [r3, #0x04]\n\t"     /* CTRLR1: one frame */
      "movs r2, #0xF4\n\t"
      "ldr r0, .Lspi_ctrlr0_command\n\t"
      "str r0, [r3, r2]\n\t"        /* SPI_CTRLR0 */
      "movs r1, #1\n\t"
      "str r1, [r3, #0x08]\n\t"
      "movs r0, #0xEB\n\t"
      "str r0, [r3, #0x60]\n\t"
      "movs r0, #0xA0\n\t"          /* address 0 and the mode bits, which start the transfer */
      "str r0, [r3, #0x60]\n\t"
      "bl .Lready\n\t"
      /* From now on, the SSI translates reads from the flash's address range into such transfers. */
      "movs r1, #0\n\t"
      "str r1, [r3, #0x08]\n\t"
      "ldr r0, .Lspi_ctrlr0_xip\n\t"
      "str r0, [r3, r2]\n\t"
      "movs r1, #1\n\t"
      "str r1, [r3, #0x08]\n\t"
      /* If firmware called this code after other uses of the flash, return. If the ROM called it, enter the
         firmware. */
      "pop {r0}\n\t"
      "cmp r0, #0\n\t"
      "beq .Lenter\n\t"
      "bx r0\n"
      ".Lenter:\n\t"
      "ldr r0, .Lvectors\n\t"
      "ldr r1, .Lvtor\n\t"
      "str r0, [r1]\n\t"
      "ldm r0, {r0, r1}\n\t"
      "msr msp, r0\n\t"
      "bx r1\n"
      /* Sends the bytes r0 and r1, and returns the response to the second one in r0. Changes r1. */
      ".Lexchange:\n\t"
      "push {lr}\n\t"
      "str r0, [r3, #0x60]\n\t"
      "str r1, [r3, #0x60]\n\t"
      "bl .Lready\n\t"
      "ldr r0, [r3, #0x60]\n\t"
      "ldr r0, [r3, #0x60]\n\t"
      "pop {pc}\n"
      /* Waits until everything has been sent. Changes r0 and r1. */
      ".Lready:\n\t"
      "ldr r1, [r3, #0x28]\n\t"     /* SR */
      "movs r0, #0x04\n\t"          /* TFE */
      "tst r1, r0\n\t"
      "beq .Lready\n\t"
      "movs r0, #0x01\n\t"          /* BUSY */
      "tst r1, r0\n\t"
      "bne .Lready\n\t"
      "bx lr\n\t"
      ".balign 4\n"
      ".Lpads_qspi: .word 0x40020000\n"
      ".Lssi: .word 0x18000000\n"
      ".Lctrlr0_bytes: .word 0x00070000\n"          /* DFS_32 = 8 bits */
      ".Lctrlr0_quad: .word 0x005F0300\n"           /* SPI_FRF = quad, DFS_32 = 32 bits, TMOD = read after the command */
      ".Lspi_ctrlr0_command: .word 0x00002221\n"    /* WAIT_CYCLES = 4, INST_L = 8 bits, ADDR_L = 32 bits, command single */
      ".Lspi_ctrlr0_xip: .word 0xA0002022\n"        /* XIP_CMD = A0h, no command, address quad */
      ".Lvectors: .word vector_table\n"
      ".Lvtor: .word 0xE000ED08\n"
      ".org 252, 0\n\t"
      ".word 0x3FD71583\n\t"                        /* CRC-32 of the preceding 252 bytes, checked by the ROM */
      ".text");
/* clang-format on */
