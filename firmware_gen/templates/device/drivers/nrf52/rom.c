/* Starts the boot loader that offers a USB drive on boards with an nRF52840 (Adafruit_nRF52_Bootloader), by writing a
   magic number to the retained register and resetting the chip. */
#include "rom.h"
#include "nrf52_registers.h"
#include "startup.h"
#include "uart.h"

enum { TO_USB_DRIVE = 0x57 };

void rom_start(void)
{
    uart_drain();
    REG(POWER_GPREGRET) = TO_USB_DRIVE;
    reset_system();
}
