#include "console.h"
#include "uart.h"

int main(void)
{
    uart_start();
    console_serve();
}
