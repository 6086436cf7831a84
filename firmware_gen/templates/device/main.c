#include "board.h"
#include "services.h"
#include "uart.h"
#if HAS_CLOCK
#include "clock.h"
#endif
#if HAS_WATCHDOG
#include "watchdog.h"
#endif

int main(void)
{
#if HAS_CLOCK
    clock_start();
#endif
    uart_start();
#if HAS_WATCHDOG
    watchdog_start();
#endif
    services_run();
}
