/* Definitions that the drivers shared with the RP2040 need for the RP2350. */
#ifndef RP2_CHIP_H
#define RP2_CHIP_H

#include "rp2350_registers.h"

#define PAD_ISOLATION PADS_BANK0_GPIO0_ISO /* after a reset, pads ignore their peripherals */

#endif
