#include "chip_state.h"
#include "board.h"
#include "clock.h"
#include "lines.h"
#include "startup.h"
#include "uart.h"
#if HAS_SOUND
#include "sound.h"
#endif
#if HAS_ROM
#include "rom.h"
#endif

static bool update_waits;

static char *put_text(char *to, const char *text)
{
    while (*text)
        *to++ = *text++;
    return to;
}

char *chip_state_banner(char *to)
{
    static const char *const clocks[] = {
        [CLOCK_CRYSTAL] = "clock=crystal\n",
        [CLOCK_INTERNAL] = "clock=internal, because the crystal does not start\n",
        [CLOCK_SLOW] = "clock=slow, because the PLL does not start\n",
    };

    to = put_line(put_text(to, clocks[clock_source()]), "clock_hz=", clock_core_hz());
#if HAS_SOUND
    to = put_text(to, sound_state() == SOUND_FAILED ? "sound=failed\n" : "sound=ready\n");
#endif
    return to;
}

char *chip_state_stats(char *to)
{
    to = put_line(to, "clock_hz=", clock_core_hz());
#if HAS_SOUND
    to = put_line(to, "sound_hz=", sound_state() == SOUND_FAILED ? 0 : SOUND_HZ);
    to = put_line(to, "sound_underruns=", sound_underruns());
#endif
    return to;
}

void chip_state_update_waits(bool waits)
{
    update_waits = waits;
}

void chip_state_boot(void)
{
#if HAS_ROM
    if (update_waits)
        reset_system();
    uart_drain();
    rom_start();
#else
    reset_system();
#endif
}
