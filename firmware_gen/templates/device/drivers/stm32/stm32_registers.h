/* The registers and fields that are the same on all STM32 that have drivers here. See stm32f4_registers.h. */
#ifndef STM32_REGISTERS_H
#define STM32_REGISTERS_H

#include "registers.h"

#define TIM7_CR1 0x40001400u
#define TIM7_CR1_CEN (1u << 0)
#define TIM7_CR1_URS (1u << 2)
#define TIM7_CR1_OPM (1u << 3)
#define TIM7_DIER 0x4000140Cu
#define TIM7_DIER_UIE (1u << 0)
#define TIM7_SR 0x40001410u
#define TIM7_EGR 0x40001414u
#define TIM7_EGR_UG (1u << 0)
#define TIM7_PSC 0x40001428u
#define TIM7_ARR 0x4000142Cu
#define IWDG_KR 0x40003000u
#define IWDG_PR 0x40003004u
#define IWDG_RLR 0x40003008u
#define IWDG_SR 0x4000300Cu
#define IWDG_SR_PVU (1u << 0)
#define IWDG_SR_RVU (1u << 1)

#endif
