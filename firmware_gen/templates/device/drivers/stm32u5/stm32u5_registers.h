/* The registers and fields of the STM32U5A9 and its family that the drivers use. Names are from ST's description of the
   chip, and tests/firmware_gen/test_chip_drivers.py compares all values with it. The constant of a field is the value of
   its lowest bit. */
#ifndef STM32U5_REGISTERS_H
#define STM32U5_REGISTERS_H

#include "stm32_registers.h"

#define RCC_CR 0x46020C00u
#define RCC_CR_MSISON (1u << 0)
#define RCC_CR_MSISRDY (1u << 2)
#define RCC_CR_HSION (1u << 8)
#define RCC_CR_HSIRDY (1u << 10)
#define RCC_CR_HSEON (1u << 16)
#define RCC_CR_HSERDY (1u << 17)
#define RCC_CR_PLL1ON (1u << 24)
#define RCC_CR_PLL1RDY (1u << 25)
#define RCC_CR_PLL2ON (1u << 26)
#define RCC_CR_PLL2RDY (1u << 27)
#define RCC_CFGR1 0x46020C1Cu
#define RCC_CFGR1_SW (1u << 0)
#define RCC_CFGR1_SWS (1u << 2)
#define RCC_CFGR2 0x46020C20u
#define RCC_CFGR2_HPRE (1u << 0)
#define RCC_CFGR2_PPRE1 (1u << 4)
#define RCC_CFGR2_PPRE2 (1u << 8)
#define RCC_PLL1CFGR 0x46020C28u
#define RCC_PLL1CFGR_PLL1SRC (1u << 0)
#define RCC_PLL1CFGR_PLL1M (1u << 8)
#define RCC_PLL1CFGR_PLL1MBOOST (1u << 12)
#define RCC_PLL1CFGR_PLL1REN (1u << 18)
#define RCC_PLL2CFGR 0x46020C2Cu
#define RCC_PLL2CFGR_PLL2SRC (1u << 0)
#define RCC_PLL2CFGR_PLL2FRACEN (1u << 4)
#define RCC_PLL2CFGR_PLL2M (1u << 8)
#define RCC_PLL2CFGR_PLL2PEN (1u << 16)
#define RCC_PLL1DIVR 0x46020C34u
#define RCC_PLL1DIVR_PLL1N (1u << 0)
#define RCC_PLL1DIVR_PLL1P (1u << 9)
#define RCC_PLL1DIVR_PLL1Q (1u << 16)
#define RCC_PLL1DIVR_PLL1R (1u << 24)
#define RCC_PLL2DIVR 0x46020C3Cu
#define RCC_PLL2DIVR_PLL2N (1u << 0)
#define RCC_PLL2DIVR_PLL2P (1u << 9)
#define RCC_PLL2DIVR_PLL2Q (1u << 16)
#define RCC_PLL2DIVR_PLL2R (1u << 24)
#define RCC_PLL2FRACR 0x46020C40u
#define RCC_PLL2FRACR_PLL2FRACN (1u << 3)
#define RCC_AHB1RSTR 0x46020C60u
#define RCC_AHB2RSTR1 0x46020C64u
#define RCC_APB1RSTR1 0x46020C74u
#define RCC_APB2RSTR 0x46020C7Cu
#define RCC_AHB1ENR 0x46020C88u
#define RCC_AHB1ENR_GPDMA1EN (1u << 0)
#define RCC_AHB2ENR1 0x46020C8Cu
#define RCC_AHB2ENR1_GPIOAEN (1u << 0)
#define RCC_AHB3ENR 0x46020C94u
#define RCC_AHB3ENR_PWREN (1u << 2)
#define RCC_APB1ENR1 0x46020C9Cu
#define RCC_APB1ENR1_TIM6EN (1u << 4)
#define RCC_APB1ENR1_TIM7EN (1u << 5)
#define RCC_APB1ENR1_USART2EN (1u << 17)
#define RCC_APB1ENR1_USART3EN (1u << 18)
#define RCC_APB2ENR 0x46020CA4u
#define RCC_APB2ENR_USART1EN (1u << 14)
#define RCC_APB2ENR_SAI1EN (1u << 21)
#define RCC_APB2ENR_SAI2EN (1u << 22)

#define PWR_CR3 0x46020808u
#define PWR_CR3_REGSEL (1u << 1)
#define PWR_VOSR 0x4602080Cu
#define PWR_VOSR_BOOSTRDY (1u << 14)
#define PWR_VOSR_VOSRDY (1u << 15)
#define PWR_VOSR_VOS (1u << 16)
#define PWR_VOSR_BOOSTEN (1u << 18)
#define PWR_SVMCR 0x46020810u
#define PWR_SVMCR_IO2SV (1u << 29)
#define PWR_SVMSR 0x4602083Cu
#define PWR_SVMSR_REGS (1u << 1)

#define FLASH_ACR 0x40022000u
#define FLASH_ACR_LATENCY (1u << 0)
#define FLASH_ACR_PRFTEN (1u << 8)
#define FLASH_NSKEYR 0x40022008u
#define FLASH_NSSR 0x40022020u
#define FLASH_NSSR_EOP (1u << 0)
#define FLASH_NSSR_OPERR (1u << 1)
#define FLASH_NSSR_PROGERR (1u << 3)
#define FLASH_NSSR_WRPERR (1u << 4)
#define FLASH_NSSR_PGAERR (1u << 5)
#define FLASH_NSSR_SIZERR (1u << 6)
#define FLASH_NSSR_PGSERR (1u << 7)
#define FLASH_NSSR_OPTWERR (1u << 13)
#define FLASH_NSSR_BSY (1u << 16)
#define FLASH_NSCR 0x40022028u
#define FLASH_NSCR_PG (1u << 0)
#define FLASH_NSCR_PER (1u << 1)
#define FLASH_NSCR_PNB (1u << 3)
#define FLASH_NSCR_BKER (1u << 11)
#define FLASH_NSCR_STRT (1u << 16)
#define FLASH_NSCR_LOCK (1u << 31)
#define FLASH_OPTR 0x40022040u
#define FLASH_OPTR_SWAP_BANK (1u << 20)
#define FLASH_OPTR_TZEN (1u << 31)

#define ICACHE_CR 0x40030400u
#define ICACHE_CR_EN (1u << 0)
#define ICACHE_CR_CACHEINV (1u << 1)
#define ICACHE_CR_WAYSEL (1u << 2)
#define ICACHE_SR 0x40030404u
#define ICACHE_SR_BUSYF (1u << 0)

#define TIM6_CR1 0x40001000u
#define TIM6_CR1_CEN (1u << 0)
#define TIM6_CR1_URS (1u << 2)
#define TIM6_CR1_OPM (1u << 3)
#define TIM6_DIER 0x4000100Cu
#define TIM6_DIER_UIE (1u << 0)
#define TIM6_SR 0x40001010u
#define TIM6_EGR 0x40001014u
#define TIM6_EGR_UG (1u << 0)
#define TIM6_PSC 0x40001028u
#define TIM6_ARR 0x4000102Cu

/* Peripherals with several instances: addresses of the instances, and offsets of their registers. */
#define USART1_BASE 0x40013800u
#define USART2_BASE 0x40004400u
#define USART3_BASE 0x40004800u
#define GPIOA_BASE 0x42020000u
#define GPIOB_BASE 0x42020400u
#define SAI1_BASE 0x40015400u
#define SAI2_BASE 0x40015800u
#define GPDMA1_BASE 0x40020000u

#define USART_CR1 0x00u
#define USART_CR1_UE (1u << 0)
#define USART_CR1_RE (1u << 2)
#define USART_CR1_TE (1u << 3)
#define USART_CR1_RXNEIE (1u << 5)
#define USART_BRR 0x0Cu
#define USART_ISR 0x1Cu
#define USART_ISR_ORE (1u << 3)
#define USART_ISR_RXNE (1u << 5)
#define USART_ISR_TC (1u << 6)
#define USART_ISR_TXE (1u << 7)
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
#define SAI_ACR1_NODIV (1u << 19)
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

#define GPDMA_C0LBAR 0x50u
#define GPDMA_C0FCR 0x5Cu
#define GPDMA_C0FCR_TCF (1u << 8)
#define GPDMA_C0FCR_HTF (1u << 9)
#define GPDMA_C0FCR_DTEF (1u << 10)
#define GPDMA_C0FCR_ULEF (1u << 11)
#define GPDMA_C0FCR_USEF (1u << 12)
#define GPDMA_C0FCR_SUSPF (1u << 13)
#define GPDMA_C0FCR_TOF (1u << 14)
#define GPDMA_C0SR 0x60u
#define GPDMA_C0SR_IDLEF (1u << 0)
#define GPDMA_C0SR_TCF (1u << 8)
#define GPDMA_C0SR_DTEF (1u << 10)
#define GPDMA_C0SR_ULEF (1u << 11)
#define GPDMA_C0SR_USEF (1u << 12)
#define GPDMA_C0CR 0x64u
#define GPDMA_C0CR_EN (1u << 0)
#define GPDMA_C0CR_RESET (1u << 1)
#define GPDMA_C0CR_SUSP (1u << 2)
#define GPDMA_C0CR_TCIE (1u << 8)
#define GPDMA_C0CR_DTEIE (1u << 10)
#define GPDMA_C0CR_ULEIE (1u << 11)
#define GPDMA_C0CR_USEIE (1u << 12)
#define GPDMA_C0CR_LAP (1u << 17)
#define GPDMA_C0CR_PRIO (1u << 22)
#define GPDMA_C0TR1 0x90u
#define GPDMA_C0TR1_SDW_LOG2 (1u << 0)
#define GPDMA_C0TR1_SINC (1u << 3)
#define GPDMA_C0TR1_SAP (1u << 14)
#define GPDMA_C0TR1_DDW_LOG2 (1u << 16)
#define GPDMA_C0TR2 0x94u
#define GPDMA_C0TR2_REQSEL (1u << 0)
#define GPDMA_C0TR2_DREQ (1u << 10)
#define GPDMA_C0TR2_TCEM (1u << 30)
#define GPDMA_C0BR1 0x98u
#define GPDMA_C0SAR 0x9Cu
#define GPDMA_C0DAR 0xA0u
#define GPDMA_C0LLR 0xCCu
#define GPDMA_C0LLR_ULL (1u << 16)
#define GPDMA_C0LLR_USA (1u << 28)
#define GPDMA_C0LLR_UB1 (1u << 29)
#define GPDMA_C1LBAR 0xD0u

/* Numbers of interrupts. */
#define USART1_IRQ 61
#define USART2_IRQ 62
#define USART3_IRQ 63
#define TIM6_IRQ 49
#define GPDMA1_Channel0_IRQ 29
#define GPDMA1_Channel7_IRQ 36
#define TIM7_IRQ 50

#endif
