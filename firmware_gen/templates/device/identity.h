/* Identity of this firmware: the lines of the console's banner. */
#ifndef IDENTITY_H
#define IDENTITY_H

#include <stdint.h>

extern const char identity[];
extern const uint16_t identity_length;
extern const uint32_t arena_bytes; /* size of the tensor arena */

#endif
