#include "board.h"
#include "services.h"
#include "uart.h"
#if HAS_CLOCK
#include "clock.h"
#endif

int main(void)
{
#if HAS_CLOCK
    clock_start();
#endif
    uart_start();
    services_run();
}
