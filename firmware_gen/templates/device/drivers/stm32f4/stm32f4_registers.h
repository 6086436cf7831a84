/* The registers and fields of the STM32F405, F407, F415 and F417 that the drivers use. Names are from ST's description
   of the chip, and tests/firmware_gen/test_chip_drivers.py compares all values with it. The constant of a field is the
   value of its lowest bit. */
#ifndef STM32F4_REGISTERS_H
#define STM32F4_REGISTERS_H

#include "stm32_registers.h"

#define RCC_CR 0x40023800u
#define RCC_CR_HSION (1u << 0)
#define RCC_CR_HSIRDY (1u << 1)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLLON (1u << 24)
#define RCC_CR_PLLRDY (1u << 25)
#define RCC_CR_PLLI2SON (1u << 26)
#define RCC_CR_PLLI2SRDY (1u << 27)
#define RCC_PLLCFGR 0x40023804u
#define RCC_PLLCFGR_PLLM0 (1u << 0)
#define RCC_PLLCFGR_PLLN0 (1u << 6)
#define RCC_PLLCFGR_PLLP0 (1u << 16)
#define RCC_PLLCFGR_PLLSRC (1u << 22)
#define RCC_PLLCFGR_PLLQ0 (1u << 24)
#define RCC_CFGR 0x40023808u
#define RCC_CFGR_SW0 (1u << 0)
#define RCC_CFGR_SWS0 (1u << 2)
#define RCC_CFGR_HPRE (1u << 4)
#define RCC_CFGR_PPRE1 (1u << 10)
#define RCC_CFGR_PPRE2 (1u << 13)
#define RCC_AHB1RSTR 0x40023810u
#define RCC_APB1RSTR 0x40023820u
#define RCC_APB2RSTR 0x40023824u
#define RCC_AHB1ENR 0x40023830u
#define RCC_AHB1ENR_GPIOAEN (1u << 0)
#define RCC_AHB1ENR_DMA1EN (1u << 21)
#define RCC_APB1ENR 0x40023840u
#define RCC_APB1ENR_TIM7EN (1u << 5)
#define RCC_APB1ENR_USART2EN (1u << 17)
#define RCC_APB1ENR_USART3EN (1u << 18)
#define RCC_APB1ENR_SPI2EN (1u << 14)
#define RCC_APB1ENR_SPI3EN (1u << 15)
#define RCC_APB2ENR 0x40023844u
#define RCC_APB2ENR_USART1EN (1u << 4)
#define RCC_APB2ENR_USART6EN (1u << 5)
#define RCC_APB2ENR_SYSCFGEN (1u << 14)
#define RCC_PLLI2SCFGR 0x40023884u
#define RCC_PLLI2SCFGR_PLLI2SNx (1u << 6)
#define RCC_PLLI2SCFGR_PLLI2SRx (1u << 28)

#define FLASH_ACR 0x40023C00u
#define FLASH_ACR_LATENCY (1u << 0)
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_ACR_ICEN (1u << 9)
#define FLASH_ACR_DCEN (1u << 10)
#define FLASH_ACR_DCRST (1u << 12)
#define FLASH_KEYR 0x40023C04u
#define FLASH_SR 0x40023C0Cu
#define FLASH_SR_EOP (1u << 0)
#define FLASH_SR_OPERR (1u << 1)
#define FLASH_SR_WRPERR (1u << 4)
#define FLASH_SR_PGAERR (1u << 5)
#define FLASH_SR_PGPERR (1u << 6)
#define FLASH_SR_PGSERR (1u << 7)
#define FLASH_SR_BSY (1u << 16)
#define FLASH_CR 0x40023C10u
#define FLASH_CR_PG (1u << 0)
#define FLASH_CR_SER (1u << 1)
#define FLASH_CR_SNB (1u << 3)
#define FLASH_CR_PSIZE (1u << 8)
#define FLASH_CR_STRT (1u << 16)
#define FLASH_CR_LOCK (1u << 31)

#define SYSCFG_MEMRM 0x40013800u
#define SYSCFG_MEMRM_MEM_MODE (1u << 0)

/* Peripherals with several instances: addresses of the instances, and offsets of their registers. */
#define USART1_BASE 0x40011000u
#define USART2_BASE 0x40004400u
#define USART3_BASE 0x40004800u
#define USART6_BASE 0x40011400u
#define GPIOA_BASE 0x40020000u
#define GPIOB_BASE 0x40020400u
#define SPI2_BASE 0x40003800u
#define SPI3_BASE 0x40003C00u
#define DMA1_BASE 0x40026000u

#define USART_SR 0x00u
#define USART_SR_RXNE (1u << 5)
#define USART_SR_ORE (1u << 3)
#define USART_SR_TXE (1u << 7)
#define USART_SR_TC (1u << 6)
#define USART_DR 0x04u
#define USART_BRR 0x08u
#define USART_CR1 0x0Cu
#define USART_CR1_UE (1u << 13)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_RXNEIE (1u << 5)

#define GPIO_MODER 0x00u
#define GPIO_OSPEEDR 0x08u
#define GPIO_PUPDR 0x0Cu
#define GPIO_AFRL 0x20u
#define GPIO_AFRH 0x24u

#define SPI_CR2 0x04u
#define SPI_CR2_TXDMAEN (1u << 1)
#define SPI_SR 0x08u
#define SPI_SR_BSY (1u << 7)
#define SPI_DR 0x0Cu
#define SPI_I2SCFGR 0x1Cu
#define SPI_I2SCFGR_I2SMOD (1u << 11)
#define SPI_I2SCFGR_I2SE (1u << 10)
#define SPI_I2SCFGR_I2SCFG (1u << 8)
#define SPI_I2SPR 0x20u
#define SPI_I2SPR_ODD (1u << 8)
#define SPI_I2SPR_I2SDIV (1u << 0)

#define DMA_HISR 0x04u
#define DMA_HISR_TCIF4 (1u << 5)
#define DMA_HISR_TEIF4 (1u << 3)
#define DMA_HISR_TCIF5 (1u << 11)
#define DMA_HISR_TEIF5 (1u << 9)
#define DMA_HIFCR 0x0Cu
#define DMA_HIFCR_CFEIF4 (1u << 0)
#define DMA_HIFCR_CDMEIF4 (1u << 2)
#define DMA_HIFCR_CTEIF4 (1u << 3)
#define DMA_HIFCR_CHTIF4 (1u << 4)
#define DMA_HIFCR_CTCIF4 (1u << 5)
#define DMA_HIFCR_CFEIF5 (1u << 6)
#define DMA_HIFCR_CDMEIF5 (1u << 8)
#define DMA_HIFCR_CTEIF5 (1u << 9)
#define DMA_HIFCR_CHTIF5 (1u << 10)
#define DMA_HIFCR_CTCIF5 (1u << 11)
#define DMA_S0CR 0x10u
#define DMA_S0CR_EN (1u << 0)
#define DMA_S0CR_TEIE (1u << 2)
#define DMA_S0CR_TCIE (1u << 4)
#define DMA_S0CR_DIR (1u << 6)
#define DMA_S0CR_MINC (1u << 10)
#define DMA_S0CR_PSIZE (1u << 11)
#define DMA_S0CR_MSIZE (1u << 13)
#define DMA_S0CR_PL (1u << 16)
#define DMA_S0CR_DBM (1u << 18)
#define DMA_S0CR_CT (1u << 19)
#define DMA_S0NDTR 0x14u
#define DMA_S0PAR 0x18u
#define DMA_S0M0AR 0x1Cu
#define DMA_S0M1AR 0x20u
#define DMA_S0FCR 0x24u
#define DMA_S1CR 0x28u

/* Numbers of interrupts. */
#define USART1_IRQ 37
#define USART2_IRQ 38
#define USART3_IRQ 39
#define USART6_IRQ 71
#define DMA1_Stream4_IRQ 15
#define DMA1_Stream5_IRQ 16
#define TIM7_IRQ 55

#endif
