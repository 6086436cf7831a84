/* The registers and fields that are the same on all of Nordic chips that have drivers here. See nrf52_registers.h. */
#ifndef NRF_REGISTERS_H
#define NRF_REGISTERS_H

#include "registers.h"

#define UARTE_TASKS_STARTRX 0x000u
#define UARTE_TASKS_STARTTX 0x008u
#define UARTE_EVENTS_RXDRDY 0x108u
#define UARTE_EVENTS_ENDTX 0x120u
#define UARTE_EVENTS_ERROR 0x124u
#define UARTE_EVENTS_RXSTARTED 0x14Cu
#define UARTE_SHORTS 0x200u
#define UARTE_SHORTS_ENDRX_STARTRX (1u << 5)
#define UARTE_INTEN 0x300u
#define UARTE_INTEN_RXDRDY (1u << 2)
#define UARTE_INTEN_ENDTX (1u << 8)
#define UARTE_INTEN_ERROR (1u << 9)
#define UARTE_INTEN_RXSTARTED (1u << 19)
#define UARTE_ERRORSRC 0x480u
#define UARTE_ENABLE 0x500u
#define UARTE_PSEL_TXD 0x50Cu
#define UARTE_PSEL_RXD 0x514u
#define UARTE_BAUDRATE 0x524u
#define UARTE_RXD_PTR 0x534u
#define UARTE_RXD_MAXCNT 0x538u
#define UARTE_TXD_PTR 0x544u
#define UARTE_TXD_MAXCNT 0x548u
#define I2S_TASKS_START 0x000u
#define I2S_TASKS_STOP 0x004u
#define I2S_EVENTS_STOPPED 0x108u
#define I2S_EVENTS_TXPTRUPD 0x114u
#define I2S_INTEN 0x300u
#define I2S_INTEN_TXPTRUPD (1u << 5)
#define I2S_ENABLE 0x500u
#define I2S_CONFIG_TXEN 0x50Cu
#define I2S_CONFIG_MCKEN 0x510u
#define I2S_CONFIG_MODE 0x504u
#define I2S_CONFIG_MCKFREQ 0x514u
#define I2S_CONFIG_RATIO 0x518u
#define I2S_CONFIG_SWIDTH 0x51Cu
#define I2S_CONFIG_ALIGN 0x520u
#define I2S_CONFIG_FORMAT 0x524u
#define I2S_CONFIG_CHANNELS 0x528u
#define I2S_TXD_PTR 0x540u
#define I2S_RXTXD_MAXCNT 0x550u
#define I2S_PSEL_SCK 0x564u
#define I2S_PSEL_LRCK 0x568u
#define I2S_PSEL_SDOUT 0x570u
#define WDT_TASKS_START 0x000u
#define WDT_CRV 0x504u
#define WDT_CONFIG 0x50Cu
#define WDT_RR0 0x600u

#endif
