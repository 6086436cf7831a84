/* Starts the boot loader with a USB drive that boards with an nRF52840 have (Adafruit_nRF52_Bootloader): a reset with its
   number in the retained register. */
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
