// Stands in for TFLM's header. As in TFLM, the allocator is itself in the arena.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include <new>

namespace tflite {

struct MicroAllocator {
    uint8_t *arena;
    size_t bytes;

    static MicroAllocator *Create(uint8_t *arena, size_t bytes) { return new (arena) MicroAllocator{arena, bytes}; }
};

} // namespace tflite
