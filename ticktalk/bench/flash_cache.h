/* The caches between flash and core, as on STM32L4: fully associative, least recently used line replaced. A line
 * consists of parts that are as wide as flash. A miss reads one part, and the last part read stays in a buffer. */
#ifndef FLASH_CACHE_H
#define FLASH_CACHE_H

#include <stdbool.h>
#include <stdint.h>

enum { LINES = 64 };

struct cache {
    unsigned lines;
    uint64_t buffer, clock; /* the part in the buffer, plus 1 */
    struct {
        uint64_t tag, used; /* the line, plus 1; the time of the last use */
        uint32_t parts;     /* bit mask of those present */
    } line[LINES];
};

/* Return whether a read from `address` has to wait for flash. */
static bool misses(struct cache *cache, uint64_t address, unsigned width, unsigned line_bytes)
{
    uint64_t part = address / width, tag = address / line_bytes + 1;
    uint32_t bit = 1u << (address % line_bytes / width);
    unsigned at = 0;

    if (cache->buffer == part + 1)
        return false;
    cache->buffer = part + 1;
    cache->clock++;
    for (unsigned i = 0; i < cache->lines; i++) {
        if (cache->line[i].tag == tag) {
            at = i;
            break;
        }
        if (cache->line[i].used < cache->line[at].used)
            at = i;
    }
    if (!cache->lines)
        return true;
    if (cache->line[at].tag != tag) {
        cache->line[at].tag = tag;
        cache->line[at].parts = 0;
    }
    cache->line[at].used = cache->clock;
    if (cache->line[at].parts & bit)
        return false;
    cache->line[at].parts |= bit;
    return true;
}

#endif
