/* Starts the USB boot loader in the RP2350's ROM (data sheet, 5.4), which appears as the drive RP2350. */
#include "rom.h"
#include "board.h"
#include "startup.h"

#include <stdint.h>

enum { TABLE_LOOKUP = 0x16 }; /* address of a 16-bit pointer to the function that looks up a code */
enum { REBOOT = 'R' | 'B' << 8, SECURE_ARM = 4 };
enum { INTO_BOOT_LOADER = 0x002, NEVER_RETURN = 0x100, DELAY_MS = 10 };

typedef uintptr_t look_up_function(uint32_t code, uint32_t mask);
typedef int reboot_function(uint32_t flags, uint32_t delay_ms, uint32_t activity_pin, uint32_t disabled_interfaces);

void rom_start(void)
{
    uintptr_t address = ROM_ADDRESS + TABLE_LOOKUP, reboot;
    look_up_function *look_up;

    __asm("" : "+r"(address)); /* GCC warns about constant addresses near 0 */
    look_up = (look_up_function *)(uintptr_t)(*(const uint16_t *)address);
    reboot = look_up(REBOOT, SECURE_ARM);
    if (reboot)
        (void)((reboot_function *)reboot)(INTO_BOOT_LOADER | NEVER_RETURN, DELAY_MS, 0, 0);
    reset_system(); /* never reached, because every ROM has the function */
}
