/* A QEMU TCG plugin that counts how often each instruction of the firmware runs, and for which purpose.
 *
 * Distributions do not ship the header for plugins, so this file declares the functions that it uses. These functions
 * are the same in API versions 1 (QEMU 7 and 8) to 4 (QEMU 10).
 *
 * Arguments, with hexadecimal addresses and ranges in the form first-end: out=FILE; start=A, pause=A, resume=A (the
 * counter's functions); hook=A-B for the function that is called after each tensor that an operator writes, then for
 * each function that it calls; graph=A-B:TENSORS for each graph in order (its invoke function);
 * flash=A-B:WIDTH:LINE:INSTRUCTIONS:DATA to simulate the caches of flash (flash_cache.h), with WIDTH and LINE in bytes
 * and the number of lines of each cache.
 *
 * While the counter is running, each executed block is assigned to a bucket: 0 for code outside the graphs, 1 for the
 * hooks within graphs, then one for each tensor of each graph, in order. FILE has this line for each executed block:
 *   block ADDRESS SIZE...        sizes of its instructions in bytes
 * and this line for each bucket in which it ran:
 *   ran BUCKET TIMES TAKEN       TAKEN: how often execution did not continue with the next block in memory
 * With flash=, it also has this line for each bucket:
 *   waited BUCKET INSTRUCTIONS DATA      how often the core waited for flash
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flash_cache.h"

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef struct qemu_info_t qemu_info_t;
enum qemu_plugin_cb_flags { QEMU_PLUGIN_CB_NO_REGS };
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t index);
size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, void (*cb)(unsigned int, void *),
                                          enum qemu_plugin_cb_flags flags, void *userdata);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, void (*cb)(unsigned int, void *),
                                            enum qemu_plugin_cb_flags flags, void *userdata);
enum qemu_plugin_mem_rw { QEMU_PLUGIN_MEM_RW = 3 };
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn,
                                      void (*cb)(unsigned int, uint32_t, uint64_t, void *),
                                      enum qemu_plugin_cb_flags flags, enum qemu_plugin_mem_rw rw, void *userdata);
void qemu_plugin_register_atexit_cb(qemu_plugin_id_t id, void (*cb)(qemu_plugin_id_t, void *), void *userdata);

/* QEMU refuses plugins for an API older than its oldest supported version, which is 2 from QEMU 9 on. The functions
 * used here are the same in both versions. Only API 2 has scoreboards. */
void *qemu_plugin_scoreboard_new(size_t size) __attribute__((weak));
__attribute__((visibility("default"))) int qemu_plugin_version = 1;

static __attribute__((constructor)) void choose_version(void)
{
    if (qemu_plugin_scoreboard_new)
        qemu_plugin_version = 2;
}

enum { GRAPHS = 4, HOOKS = 4, OUTSIDE = 0, TRACE = 1, FIRST = 2, NOWHERE = -1 };

struct run {
    uint64_t times, taken;
};

struct block {
    struct block *next;
    uint64_t address, end;
    size_t count;
    uint8_t *sizes;
    struct run *runs; /* one per bucket */
};

struct range {
    uint64_t first, end;
};

struct graph {
    struct range code;
    int tensors, bucket;
};

static struct graph graphs[GRAPHS];
static int graph_count, buckets = FIRST;
static struct range hooks[HOOKS]; /* the first hook is the trace function */
static int hook_count;
static uint64_t start_address, pause_address, resume_address;
static char *out;
static struct block *blocks;

static bool counting;
static int graph = NOWHERE, tensor;
static struct block *last;
static int last_bucket;
static bool last_is_complete; /* whether the block's last instruction was reached */

static struct range flash; /* empty without flash= */
static unsigned width = 1, line_bytes;
static struct cache instruction_cache, data_cache;
static struct {
    uint64_t instructions, data;
} *waited; /* by bucket */

static bool within(const struct range *range, uint64_t address)
{
    return address >= range->first && address < range->end;
}

/* Track the progress of the firmware, and return the bucket of the block that starts at `address`. */
static int bucket_of(uint64_t address)
{
    if (address == start_address || address == resume_address)
        counting = true;
    else if (address == pause_address)
        counting = false;
    if (!counting)
        return NOWHERE;
    for (int i = 0; i < graph_count; i++) {
        if (address == graphs[i].code.first) {
            graph = i;
            tensor = 0;
        }
    }
    if (graph != NOWHERE) {
        if (address == hooks[0].first)
            tensor++;
        for (int i = 0; i < hook_count; i++) {
            if (within(&hooks[i], address))
                return TRACE;
        }
        /* After the last tensor, the graph's function only returns, or has returned if that trace was a tail call. */
        if (tensor == graphs[graph].tensors && !within(&graphs[graph].code, address))
            graph = NOWHERE;
    }
    if (graph == NOWHERE)
        return OUTSIDE;
    return graphs[graph].bucket + (tensor < graphs[graph].tensors ? tensor : graphs[graph].tensors - 1);
}

static void on_run(unsigned int cpu, void *data)
{
    struct block *block = data;
    int bucket;

    (void)cpu;
    /* QEMU 9 and later leave a block at a device access, and run the rest of it as a separate block. */
    if (last && !last_is_complete && block->address > last->address && block->address < last->end)
        return;
    bucket = bucket_of(block->address);
    if (last && block->address != last->end)
        last->runs[last_bucket].taken++;
    last = NULL;
    if (bucket == NOWHERE)
        return;
    block->runs[bucket].times++;
    last = block;
    last_bucket = bucket;
    last_is_complete = false;
    for (uint64_t at = block->address / width * width; flash.end && at < block->end; at += width)
        waited[bucket].instructions += misses(&instruction_cache, at, width, line_bytes);
}

static void on_access(unsigned int cpu, uint32_t access, uint64_t address, void *unused)
{
    (void)cpu;
    (void)access;
    (void)unused;
    if (last && within(&flash, address))
        waited[last_bucket].data += misses(&data_cache, address, width, line_bytes);
}

static void on_last_instruction(unsigned int cpu, void *data)
{
    (void)cpu;
    (void)data;
    last_is_complete = true;
}

static void on_translation(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    struct block *block = calloc(1, sizeof *block);

    (void)id;
    block->address = block->end = qemu_plugin_tb_vaddr(tb);
    block->count = qemu_plugin_tb_n_insns(tb);
    block->sizes = calloc(block->count, 1);
    block->runs = calloc((size_t)buckets, sizeof *block->runs);
    for (size_t i = 0; i < block->count; i++) {
        block->sizes[i] = (uint8_t)qemu_plugin_insn_size(qemu_plugin_tb_get_insn(tb, i));
        block->end += block->sizes[i];
        if (flash.end)
            qemu_plugin_register_vcpu_mem_cb(qemu_plugin_tb_get_insn(tb, i), on_access, QEMU_PLUGIN_CB_NO_REGS,
                                             QEMU_PLUGIN_MEM_RW, NULL);
    }
    block->next = blocks;
    blocks = block;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_run, QEMU_PLUGIN_CB_NO_REGS, block);
    qemu_plugin_register_vcpu_insn_exec_cb(qemu_plugin_tb_get_insn(tb, block->count - 1), on_last_instruction,
                                           QEMU_PLUGIN_CB_NO_REGS, NULL);
}

static bool has_run(const struct block *block)
{
    for (int i = 0; i < buckets; i++) {
        if (block->runs[i].times)
            return true;
    }
    return false;
}

static void on_exit_of_qemu(qemu_plugin_id_t id, void *data)
{
    FILE *file = fopen(out, "w");

    (void)id;
    (void)data;
    if (!file)
        return;
    for (const struct block *block = blocks; block; block = block->next) {
        if (!has_run(block))
            continue;
        fprintf(file, "block %" PRIx64, block->address);
        for (size_t i = 0; i < block->count; i++)
            fprintf(file, " %d", block->sizes[i]);
        fputc('\n', file);
        for (int i = 0; i < buckets; i++) {
            if (block->runs[i].times)
                fprintf(file, "ran %d %" PRIu64 " %" PRIu64 "\n", i, block->runs[i].times, block->runs[i].taken);
        }
    }
    for (int i = 0; flash.end && i < buckets; i++)
        fprintf(file, "waited %d %" PRIu64 " %" PRIu64 "\n", i, waited[i].instructions, waited[i].data);
    fputs("end\n", file);
    fclose(file);
}

static bool take(const char *argument)
{
    const char *value = strchr(argument, '=');
    struct graph *g = &graphs[graph_count];

    if (!value++)
        return false;
    if (!strncmp(argument, "out=", 4))
        return (out = strdup(value)) != NULL;
    if (!strncmp(argument, "start=", 6))
        return sscanf(value, "%" SCNx64, &start_address) == 1;
    if (!strncmp(argument, "pause=", 6))
        return sscanf(value, "%" SCNx64, &pause_address) == 1;
    if (!strncmp(argument, "resume=", 7))
        return sscanf(value, "%" SCNx64, &resume_address) == 1;
    if (!strncmp(argument, "flash=", 6)) {
        return sscanf(value, "%" SCNx64 "-%" SCNx64 ":%u:%u:%u:%u", &flash.first, &flash.end, &width, &line_bytes,
                      &instruction_cache.lines, &data_cache.lines)
                   == 6
               && width && line_bytes && instruction_cache.lines <= LINES && data_cache.lines <= LINES;
    }
    if (!strncmp(argument, "hook=", 5) && hook_count < HOOKS) {
        struct range *hook = &hooks[hook_count++];

        return sscanf(value, "%" SCNx64 "-%" SCNx64, &hook->first, &hook->end) == 2;
    }
    if (strncmp(argument, "graph=", 6) || graph_count == GRAPHS
        || sscanf(value, "%" SCNx64 "-%" SCNx64 ":%d", &g->code.first, &g->code.end, &g->tensors) != 3)
        return false;
    g->bucket = buckets;
    buckets += g->tensors;
    graph_count++;
    return true;
}

__attribute__((visibility("default"))) int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
                                                               char **argv)
{
    (void)info;
    for (int i = 0; i < argc; i++) {
        if (!take(argv[i])) {
            fprintf(stderr, "wrong plugin argument: %s\n", argv[i]);
            return 1;
        }
    }
    waited = calloc((size_t)buckets, sizeof *waited);
    if (!out || !waited)
        return 1;
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translation);
    qemu_plugin_register_atexit_cb(id, on_exit_of_qemu, NULL);
    return 0;
}
