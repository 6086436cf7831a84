/* The two checksums of the console: CRC-16/XMODEM of a frame, CRC-32 (zlib's) of tensors and PCM. */
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

/* Continue `crc` (0 at the start) over `bytes`. */
uint16_t crc16(uint16_t crc, const void *data, size_t bytes);
uint32_t crc32(uint32_t crc, const void *data, size_t bytes);

#endif
