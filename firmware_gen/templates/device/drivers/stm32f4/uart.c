/* Driver for a USART of the STM32F405, F407, F415 and F417 (RM0090, chapter 30). Reception is interrupt-driven.
   Transmission is polled, and a byte that the USART does not take in time is dropped. */
#include "uart.h"
#include "board.h"
#include "clock.h"
#include "stm32f4_pins.h"
#include "uart_ring.h"

#if UART_ADDRESS == USART1_BASE
_Static_assert(UART_IRQ == USART1_IRQ, "uart.irq");
#define ENABLE() (REG(RCC_APB2ENR) |= RCC_APB2ENR_USART1EN)
#elif UART_ADDRESS == USART2_BASE
_Static_assert(UART_IRQ == USART2_IRQ, "uart.irq");
#define ENABLE() (REG(RCC_APB1ENR) |= RCC_APB1ENR_USART2EN)
#elif UART_ADDRESS == USART3_BASE
_Static_assert(UART_IRQ == USART3_IRQ, "uart.irq");
#define ENABLE() (REG(RCC_APB1ENR) |= RCC_APB1ENR_USART3EN)
#elif UART_ADDRESS == USART6_BASE
_Static_assert(UART_IRQ == USART6_IRQ, "uart.irq");
#define ENABLE() (REG(RCC_APB2ENR) |= RCC_APB2ENR_USART6EN)
#else
#error "uart.address is not the address of a USART of this chip"
#endif

#define UART(offset) REG(UART_ADDRESS + (offset))

enum { PATIENCE = 1 << 20 }; /* reads of the state, at least 30 ms */

void uart_start(void)
{
    static const struct pin pins[] = {UART_PINS};

    for (uint32_t i = 0; i < sizeof pins / sizeof pins[0]; i++)
        pins_connect(pins[i], UART_FUNCTION, PINS_PULL_UP);
    ENABLE();
    (void)REG(RCC_APB1ENR);                                          /* the clock runs two cycles after the write */
    UART(USART_BRR) = (clock_uart_hz() + UART_BAUD / 2) / UART_BAUD; /* in sixteenths, as its two fields are */
    UART(USART_CR1) = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
    interrupt_enable(UART_IRQ);
}

void uart_receive_isr(void)
{
    /* Reading the state and then the data also ends an overrun, whose lost byte the frame's checksum detects. */
    while (UART(USART_SR) & (USART_SR_RXNE | USART_SR_ORE))
        uart_received((uint8_t)UART(USART_DR));
}

void uart_put(const void *data, size_t bytes)
{
    const uint8_t *byte = data;

    for (size_t i = 0; i < bytes; i++) {
        if (wait_until(UART_ADDRESS + USART_SR, USART_SR_TXE, USART_SR_TXE, PATIENCE))
            UART(USART_DR) = byte[i];
    }
}

void uart_drain(void)
{
    (void)wait_until(UART_ADDRESS + USART_SR, USART_SR_TC, USART_SR_TC, PATIENCE);
}
