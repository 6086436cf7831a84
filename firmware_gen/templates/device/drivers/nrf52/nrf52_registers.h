/* The registers and fields of the nRF52840 that the drivers use. Names are from Nordic's description of the chip, and
   tests/firmware_gen/test_chip_drivers.py compares all values with it. The constant of a field is the value of its
   lowest bit. */
#ifndef NRF52_REGISTERS_H
#define NRF52_REGISTERS_H

#include "nrf_registers.h"

#define CLOCK_TASKS_HFCLKSTART 0x40000000u
#define CLOCK_TASKS_HFCLKSTOP 0x40000004u
#define CLOCK_HFCLKSTAT 0x4000040Cu
#define CLOCK_HFCLKSTAT_SRC (1u << 0)
#define CLOCK_HFCLKSTAT_STATE (1u << 16)
#define POWER_GPREGRET 0x4000051Cu
#define NVMC_READY 0x4001E400u
#define NVMC_CONFIG 0x4001E504u
#define NVMC_ERASEPAGE 0x4001E508u
#define NVMC_ICACHECNF 0x4001E540u
#define NVMC_ICACHECNF_CACHEEN (1u << 0)
#define TIMER1_TASKS_START 0x40009000u
#define TIMER1_TASKS_COUNT 0x40009008u
#define TIMER1_TASKS_CLEAR 0x4000900Cu
#define TIMER1_TASKS_CAPTURE0 0x40009040u
#define TIMER1_MODE 0x40009504u
#define TIMER1_BITMODE 0x40009508u
#define TIMER1_CC0 0x40009540u
#define TIMER2_TASKS_START 0x4000A000u
#define TIMER2_TASKS_STOP 0x4000A004u
#define TIMER2_TASKS_CLEAR 0x4000A00Cu
#define TIMER2_EVENTS_COMPARE0 0x4000A140u
#define TIMER2_INTENSET 0x4000A304u
#define TIMER2_INTENSET_COMPARE0 (1u << 16)
#define TIMER2_BITMODE 0x4000A508u
#define TIMER2_PRESCALER 0x4000A510u
#define TIMER2_CC0 0x4000A540u
#define PPI_CHENSET 0x4001F504u
#define PPI_CHENSET_CH0 (1u << 0)
#define PPI_CH0_EEP 0x4001F510u
#define PPI_CH0_TEP 0x4001F514u
#define GPIO_OUTSET 0x508u
#define GPIO_OUTCLR 0x50Cu
#define GPIO_PIN_CNF0 0x700u
#define GPIO_PIN_CNF0_DIR (1u << 0)
#define GPIO_PIN_CNF0_INPUT (1u << 1)
#define GPIO_PIN_CNF0_PULL (1u << 2)
#define UARTE0_BASE 0x40002000u
#define UARTE1_BASE 0x40028000u
#define I2S_BASE 0x40025000u
#define WDT_BASE 0x40010000u
#define P0_BASE 0x50000000u
#define P1_BASE 0x50000300u
#define UARTE0_IRQ 2
#define UARTE1_IRQ 40
#define TIMER2_IRQ 10
#define I2S_IRQ 37

#endif
