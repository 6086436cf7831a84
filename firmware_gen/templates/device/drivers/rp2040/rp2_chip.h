/* Definitions that the drivers shared with the RP2350 need for the RP2040. */
#ifndef RP2_CHIP_H
#define RP2_CHIP_H

#include "rp2040_registers.h"

#define PAD_ISOLATION 0u /* pads are never isolated */

#endif
