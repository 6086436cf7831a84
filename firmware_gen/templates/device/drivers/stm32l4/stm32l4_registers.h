/* The registers and fields of the STM32L4R5 and its family (STM32L4+) that the drivers use. Names are from ST's
   description of the chip, and tests/firmware_gen/test_chip_drivers.py compares all values with it. The constant of a
   field is the value of its lowest bit. */
#ifndef STM32L4_REGISTERS_H
#define STM32L4_REGISTERS_H

#include "stm32_registers.h"

#define RCC_CR 0x40021000u
#define RCC_CR_MSION (1u << 0)
#define RCC_CR_MSIRDY (1u << 1)
#define RCC_CR_MSIPLLEN (1u << 2)
#define RCC_CR_MSIRGSEL (1u << 3)
#define RCC_CR_MSIRANGE (1u << 4)
#define RCC_CR_HSION (1u << 8)
#define RCC_CR_HSIRDY (1u << 10)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CR_PLLSAI1ON (1u << 26)
#define RCC_CR_PLLSAI1RDY (1u << 27)
#define RCC_CFGR 0x40021008u
#define RCC_CFGR_SW (1u << 0)
#define RCC_CFGR_SWS (1u << 2)
#define RCC_CFGR_HPRE (1u << 4)
#define RCC_CFGR_PPRE1 (1u << 8)
#define RCC_CFGR_PPRE2 (1u << 11)
#define RCC_PLLCFGR 0x4002100Cu
#define RCC_PLLCFGR_PLLSRC (1u << 0)
#define RCC_PLLCFGR_PLLM (1u << 4)
#define RCC_PLLCFGR_PLLN (1u << 8)
#define RCC_PLLCFGR_PLLREN (1u << 24)
#define RCC_PLLCFGR_PLLR (1u << 25)
#define RCC_PLLSAI1CFGR 0x40021010u
#define RCC_PLLSAI1CFGR_PLLSAI1M (1u << 4)
#define RCC_PLLSAI1CFGR_PLLSAI1N (1u << 8)
#define RCC_PLLSAI1CFGR_PLLSAI1PEN (1u << 16)
#define RCC_PLLSAI1CFGR_PLLSAI1PDIV (1u << 27)
#define RCC_AHB1RSTR 0x40021028u
#define RCC_AHB2RSTR 0x4002102Cu
#define RCC_APB1RSTR1 0x40021038u
#define RCC_APB1RSTR2 0x4002103Cu
#define RCC_APB2RSTR 0x40021040u
#define RCC_AHB1ENR 0x40021048u
#define RCC_AHB1ENR_DMA1EN (1u << 0)
#define RCC_AHB1ENR_DMAMUX1EN (1u << 2)
#define RCC_AHB2ENR 0x4002104Cu
#define RCC_AHB2ENR_GPIOAEN (1u << 0)
#define RCC_APB1ENR1 0x40021058u
#define RCC_APB1ENR1_TIM7EN (1u << 5)
#define RCC_APB1ENR1_PWREN (1u << 28)
#define RCC_APB1ENR1_USART2EN (1u << 17)
#define RCC_APB1ENR1_USART3EN (1u << 18)
#define RCC_APB1ENR2 0x4002105Cu
#define RCC_APB1ENR2_LPUART1EN (1u << 0)
#define RCC_APB2ENR 0x40021060u
#define RCC_APB2ENR_SYSCFGEN (1u << 0)
#define RCC_APB2ENR_USART1EN (1u << 14)
#define RCC_APB2ENR_SAI1EN (1u << 21)
#define RCC_APB2ENR_SAI2EN (1u << 22)
#define RCC_BDCR 0x40021090u
#define RCC_BDCR_LSEON (1u << 0)
#define RCC_BDCR_LSERDY (1u << 1)

#define PWR_CR1 0x40007000u
#define PWR_CR1_DBP (1u << 8)
#define PWR_CR2 0x40007004u
#define PWR_CR2_IOSV (1u << 9)
#define PWR_CR5 0x40007080u
#define PWR_CR5_R1MODE (1u << 8)

#define FLASH_ACR 0x40022000u
#define FLASH_ACR_LATENCY (1u << 0)
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_ACR_ICEN (1u << 9)
#define FLASH_ACR_DCEN (1u << 10)
#define FLASH_ACR_DCRST (1u << 12)
#define FLASH_KEYR 0x40022008u
#define FLASH_SR 0x40022010u
#define FLASH_SR_EOP (1u << 0)
#define FLASH_SR_OPERR (1u << 1)
#define FLASH_SR_PROGERR (1u << 3)
#define FLASH_SR_WRPERR (1u << 4)
#define FLASH_SR_PGAERR (1u << 5)
#define FLASH_SR_SIZERR (1u << 6)
#define FLASH_SR_PGSERR (1u << 7)
#define FLASH_SR_MISERR (1u << 8)
#define FLASH_SR_FASTERR (1u << 9)
#define FLASH_SR_RDERR (1u << 14)
#define FLASH_SR_BSY (1u << 16)
#define FLASH_CR 0x40022014u
#define FLASH_CR_PG (1u << 0)
#define FLASH_CR_PER (1u << 1)
#define FLASH_CR_PNB (1u << 3)
#define FLASH_CR_BKER (1u << 11)
#define FLASH_CR_STRT (1u << 16)
#define FLASH_CR_LOCK (1u << 31)
#define FLASH_OPTR 0x40022020u
#define FLASH_OPTR_DBANK (1u << 22)

#define SYSCFG_MEMRMP 0x40010000u
#define SYSCFG_MEMRMP_MEM_MODE (1u << 0)

/* Peripherals with several instances: addresses of the instances, and offsets of their registers. */
#define USART1_BASE 0x40013800u
#define USART2_BASE 0x40004400u
#define USART3_BASE 0x40004800u
#define LPUART1_BASE 0x40008000u
#define GPIOA_BASE 0x48000000u
#define GPIOB_BASE 0x48000400u
#define SAI1_BASE 0x40015400u
#define SAI2_BASE 0x40015800u
#define DMA1_BASE 0x40020000u
#define DMAMUX1_BASE 0x40020800u

#define USART_CR1 0x00u
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE_RXFNEIE (1u << 5)
#define USART_BRR 0x0Cu
#define USART_ISR 0x1Cu
#define USART_ISR_ORE (1u << 3)
#define USART_ISR_RXNE_RXFNE (1u << 5)
#define USART_ISR_TC (1u << 6)
#define USART_ISR_TXE_TXFNF (1u << 7)
#define USART_ICR 0x20u
#define USART_ICR_ORECF (1u << 3)
#define USART_RDR 0x24u
#define USART_TDR 0x28u

#define GPIO_MODER 0x00u
#define GPIO_OSPEEDR 0x08u
#define GPIO_PUPDR 0x0Cu
#define GPIO_AFRL 0x20u
#define GPIO_AFRH 0x24u

#define SAI_ACR1 0x04u
#define SAI_ACR1_DS (1u << 5)
#define SAI_ACR1_CKSTR (1u << 9)
#define SAI_ACR1_SAIEN (1u << 16)
#define SAI_ACR1_DMAEN (1u << 17)
#define SAI_ACR1_NOMCK (1u << 19)
#define SAI_ACR1_MCKDIV (1u << 20)
#define SAI_ACR2 0x08u
#define SAI_ACR2_FTH (1u << 0)
#define SAI_ACR2_FFLUSH (1u << 3)
#define SAI_AFRCR 0x0Cu
#define SAI_AFRCR_FRL (1u << 0)
#define SAI_AFRCR_FSALL (1u << 8)
#define SAI_AFRCR_FSDEF (1u << 16)
#define SAI_AFRCR_FSOFF (1u << 18)
#define SAI_ASLOTR 0x10u
#define SAI_ASLOTR_NBSLOT (1u << 8)
#define SAI_ASLOTR_SLOTEN (1u << 16)
#define SAI_ASR 0x18u
#define SAI_ASR_FLVL (1u << 16)
#define SAI_ACLRFR 0x1Cu
#define SAI_ACLRFR_COVRUDR (1u << 0)
#define SAI_ACLRFR_CWCKCFG (1u << 2)
#define SAI_ADR 0x20u

#define DMA_ISR 0x00u
#define DMA_ISR_TCIF1 (1u << 1)
#define DMA_ISR_HTIF1 (1u << 2)
#define DMA_ISR_TEIF1 (1u << 3)
#define DMA_IFCR 0x04u
#define DMA_IFCR_CGIF1 (1u << 0)
#define DMA_CCR1 0x08u
#define DMA_CCR1_EN (1u << 0)
#define DMA_CCR1_TCIE (1u << 1)
#define DMA_CCR1_HTIE (1u << 2)
#define DMA_CCR1_TEIE (1u << 3)
#define DMA_CCR1_DIR (1u << 4)
#define DMA_CCR1_CIRC (1u << 5)
#define DMA_CCR1_MINC (1u << 7)
#define DMA_CCR1_PSIZE (1u << 8)
#define DMA_CCR1_MSIZE (1u << 10)
#define DMA_CCR1_PL (1u << 12)
#define DMA_CNDTR1 0x0Cu
#define DMA_CPAR1 0x10u
#define DMA_CMAR1 0x14u
#define DMA_CCR2 0x1Cu

#define DMAMUX_C0CR 0x00u
#define DMAMUX_C0CR_DMAREQ_ID (1u << 0)
#define DMAMUX_C1CR 0x04u

/* Numbers of interrupts. */
#define USART1_IRQ 37
#define USART2_IRQ 38
#define USART3_IRQ 39
#define LPUART1_IRQ 70
#define DMA1_Channel1_IRQ 11
#define DMA1_Channel7_IRQ 17
#define TIM7_IRQ 55

#endif
