#include "services.h"
#include "uart.h"

int main(void)
{
    uart_start();
    services_run();
}
