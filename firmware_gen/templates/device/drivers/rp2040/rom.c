/* Starts the USB boot loader in the RP2040's ROM (data sheet, 2.8.3), which appears as the drive RPI-RP2. */
#include "rom.h"
#include "board.h"
#include "startup.h"

#include <stdint.h>

/* The ROM has 16-bit pointers to a table of functions and to the function that looks up a code in that table. */
enum { FUNCTION_TABLE = 0x14, TABLE_LOOKUP = 0x18 };
enum { RESET_TO_USB_BOOT = 'U' | 'B' << 8 };

typedef uintptr_t look_up_function(uintptr_t table, uint32_t code);
typedef void reset_function(uint32_t activity_pins, uint32_t disabled_interfaces);

static uintptr_t rom_pointer(uintptr_t offset)
{
    uintptr_t address = ROM_ADDRESS + offset;

    __asm("" : "+r"(address)); /* GCC warns about constant addresses near 0 */
    return *(const uint16_t *)address;
}

void rom_start(void)
{
    look_up_function *look_up = (look_up_function *)rom_pointer(TABLE_LOOKUP);
    uintptr_t usb_boot = look_up(rom_pointer(FUNCTION_TABLE), RESET_TO_USB_BOOT);

    if (usb_boot)
        ((reset_function *)usb_boot)(0, 0);
    reset_system(); /* never reached, because every ROM has the function */
}
