/* The checksums of the console: CRC-16/XMODEM for frames, and CRC-32 (as in zlib) for tensors and PCM. */
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

/* Return the checksum `crc`, updated with `bytes` bytes from `data`. The initial value is 0. */
uint16_t crc16(uint16_t crc, const void *data, size_t bytes);
uint32_t crc32(uint32_t crc, const void *data, size_t bytes);

#endif
