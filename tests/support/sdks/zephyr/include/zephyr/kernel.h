#ifndef ZEPHYR_KERNEL_H
#define ZEPHYR_KERNEL_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARG_UNUSED(x) (void)(x)

typedef struct {
    int64_t ticks;
} k_timeout_t;
#define K_FOREVER ((k_timeout_t){-1})

struct k_mem_slab {
    char *buffer;
    size_t block_size;
    uint32_t num_blocks;
    uint32_t used; /* bit i is set if block i is in use */
};

#define K_MEM_SLAB_DEFINE_STATIC(name, slab_block_size, slab_num_blocks, slab_align)                                   \
    _Static_assert((slab_block_size) % (slab_align) == 0 && (slab_num_blocks) <= 32, "slab");                          \
    static _Alignas(slab_align) char name##_buffer[(slab_block_size) * (slab_num_blocks)];                             \
    static struct k_mem_slab name = {name##_buffer, slab_block_size, slab_num_blocks, 0}

/* Waiting here would never end, because nothing else runs. */
static inline int k_mem_slab_alloc(struct k_mem_slab *slab, void **mem, k_timeout_t timeout)
{
    ARG_UNUSED(timeout);
    for (uint32_t i = 0; i < slab->num_blocks; i++) {
        if (!(slab->used >> i & 1U)) {
            slab->used |= 1U << i;
            *mem = slab->buffer + i * slab->block_size;
            return 0;
        }
    }
    assert(!"no block will ever be free");
    return -1;
}

static inline void k_mem_slab_free(struct k_mem_slab *slab, void *mem)
{
    size_t i = (size_t)((char *)mem - slab->buffer) / slab->block_size;

    assert(slab->used >> i & 1U);
    slab->used &= ~(1U << i);
}

#endif
