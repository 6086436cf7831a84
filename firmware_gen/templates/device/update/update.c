#include "update.h"
#include "board.h"
#include "boot_image.h"
#include "console.h"
#if HAS_CLOCK
#include "chip_state.h"
#endif
#include "slots.h"
#include "unpack.h"

#include <string.h>

enum {
    PIECE = PAGE_BYTES < 1024 ? PAGE_BYTES : 1024,
    FLAG_FIELD = WORD_BYTES > 8 ? WORD_BYTES : 8,
    MAGIC_FIELD = WORD_BYTES > 16 ? WORD_BYTES : 16,
};
enum { TRAILER = FLAG_FIELD + MAGIC_FIELD, LAST_PAGE = SLOT_BYTES - PAGE_BYTES };
enum { LARGEST = SLOT_BYTES - 3 * FLAG_FIELD - MAGIC_FIELD }; /* the most that MCUboot accepts in overwrite-only mode */

_Static_assert(PAGE_BYTES % PIECE == 0 && PIECE % WORD_BYTES == 0, "pieces are whole words, pages whole pieces");
_Static_assert(SLOT_BYTES < UNPACK_NONE, "a place in the old image has 24 bits");

static const char possession[] = "ticktalk update"; /* hashed first, so that the digest cannot be used elsewhere */

static struct {
    enum { IDLE, RECEIVING, MARKED } state;
    uint8_t hash[SHA256_BYTES]; /* hash of the new image */
    uint32_t stream;            /* stream number assigned by the host */
    uint32_t taken;             /* number of stream bytes processed */
    uint32_t bytes;             /* size of the new image */
    uint32_t written;           /* number of bytes written to the secondary slot */
    uint32_t filled;            /* number of bytes in `piece` */
    uint8_t piece[PIECE];
    struct unpack unpack;
} update;

static bool read_running(uint32_t offset, uint8_t *to, uint32_t bytes)
{
    if (offset > SLOT_BYTES || bytes > SLOT_BYTES - offset)
        return false;
    memcpy(to, running_slot() + offset, bytes);
    return true;
}

/* Reports progress. Progress messages also tell the host that the watch is still busy during long operations. */
static void tell_place(void)
{
    uint8_t payload[8];

    put32(put32(payload, update.taken), update.written);
    link_send(CONSOLE_UPDATE_AT, payload, sizeof payload);
}

static void tell_state(void)
{
    uint8_t payload[SHA256_BYTES + 4 + SHA256_BYTES + 4 + 4 + 4] = {0}, *to = payload;
    struct boot_image running;

    if (boot_image_read(read_running, &running)) {
        memcpy(to, running.hash, SHA256_BYTES);
        put32(to + SHA256_BYTES, running.bytes);
    }
    to += SHA256_BYTES + 4;
    if (update.state != IDLE) {
        memcpy(to, update.hash, SHA256_BYTES);
        put32(put32(put32(to + SHA256_BYTES, update.stream), update.taken), update.written);
    }
    link_send(CONSOLE_UPDATE_STATE, payload, sizeof payload);
}

/* Sets the state, and records whether there is a pending image for MCUboot to install after a reset. */
static void become_marked(bool marked)
{
    update.state = marked ? MARKED : IDLE;
#if HAS_CLOCK
    chip_state_update_waits(marked);
#endif
}

static void give_up(enum console_fault fault)
{
    update.state = IDLE;
    console_error(fault);
}

/* Returns whether the host has the old image. Only a host that has the old image may send a delta. Any other host could
   read the image by making the watch copy parts of it. */
static bool has_old(const uint8_t *digest, const struct boot_image *running)
{
    uint8_t ours[SHA256_BYTES];

    return boot_image_hash(read_running, running->bytes, possession, tell_place, ours) && sha256_equal(ours, digest);
}

static void begin(uint32_t bytes, uint32_t stream, const uint8_t *hash, const uint8_t *digest)
{
    struct boot_image running;

    memset(&update, 0, sizeof update);
    become_marked(false);
    if (bytes == 0 || bytes > LARGEST
        || (digest && (!boot_image_read(read_running, &running) || !has_old(digest, &running)))) {
        console_error(FAULT_ARGUMENT);
        return;
    }
    /* Erase the page with the trailer of an older update before the header of the image to which it belongs. */
    if (!secondary_erase(LAST_PAGE) || !secondary_erase(0)) {
        console_error(FAULT_FLASH);
        return;
    }
    update.state = RECEIVING;
    update.bytes = bytes;
    update.stream = stream;
    memcpy(update.hash, hash, sizeof update.hash);
    unpack_start(&update.unpack, bytes, digest ? running_slot() : NULL, digest ? running.bytes : 0);
    tell_state();
}

static bool write_piece(void)
{
    uint32_t at = update.written, page = at - at % PAGE_BYTES;
    uint32_t bytes = (update.filled + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES;

    if (at == page && page != 0 && page != LAST_PAGE && !secondary_erase(page))
        return false;
    memset(update.piece + update.filled, 0xFF, bytes - update.filled);
    if (!secondary_program(at, update.piece, bytes))
        return false;
    update.written += update.filled;
    update.filled = 0;
    if (at == page)
        tell_place();
    return true;
}

static void data(uint32_t offset, const uint8_t *from, uint32_t bytes)
{
    const uint8_t *end = from + bytes;
    uint32_t made;

    if (update.state != RECEIVING) {
        console_error(FAULT_ARGUMENT);
        return;
    }
    if (offset == update.taken) {
        do {
            made = unpack(&update.unpack, &from, end, update.piece + update.filled, PIECE - update.filled);
            update.filled += made;
            if (update.filled && (update.filled == PIECE || update.unpack.todo == 0) && !write_piece()) {
                give_up(FAULT_FLASH);
                return;
            }
        } while (made && !update.unpack.bad);
        if (update.unpack.bad) {
            give_up(FAULT_ARGUMENT);
            return;
        }
        update.taken += bytes;
    }
    tell_place();
}

/* Performs the boot loader's checks on the new image, except for the signature check. */
static bool verify(void)
{
    uint8_t digest[SHA256_BYTES];
    struct boot_image image, running;

    return update.written == update.bytes && boot_image_read(secondary_read, &image) && image.bytes == update.bytes
           && sha256_equal(image.hash, update.hash)
           && boot_image_hash(secondary_read, image.hashed, "", tell_place, digest) && sha256_equal(digest, image.hash)
           && boot_image_read(read_running, &running) && image.counter >= running.counter
           && (image.is_signed || !running.is_signed);
}

/* Writes MCUboot's trailer for a permanent update: "image ok" and the magic. */
static bool mark(void)
{
    static const uint8_t magic[16] = {0x77, 0xc2, 0x95, 0xf3, 0x60, 0xd2, 0xef, 0x7f,
                                      0x35, 0x52, 0x50, 0x0f, 0x2c, 0xb6, 0x79, 0x80};
    uint8_t trailer[TRAILER];

    memset(trailer, 0xFF, sizeof trailer);
    trailer[0] = 1;
    memcpy(trailer + TRAILER - sizeof magic, magic, sizeof magic);
    return secondary_program(SLOT_BYTES - TRAILER, trailer, TRAILER);
}

static void finish(void)
{
    if (update.state == IDLE) {
        console_error(FAULT_ARGUMENT);
        return;
    }
    if (update.state == RECEIVING) { /* otherwise, the image was verified before */
        if (!verify()) {
            give_up(FAULT_VERIFY);
            return;
        }
        if (!mark()) {
            give_up(FAULT_FLASH);
            return;
        }
        become_marked(true);
    }
    console_ok();
}

void update_message(const struct message *message)
{
    const uint8_t *p = message->payload;

    switch (message->type) {
    case CONSOLE_UPDATE:
    case CONSOLE_UPDATE_FINISH:
        if (message->length != 0)
            console_error(FAULT_LENGTH);
        else if (message->type == CONSOLE_UPDATE)
            tell_state();
        else
            finish();
        break;
    case CONSOLE_UPDATE_BEGIN:
        if (message->length != 8 + SHA256_BYTES && message->length != 8 + 2 * SHA256_BYTES)
            console_error(FAULT_LENGTH);
        else
            begin(get32(p), get32(p + 4), p + 8, message->length > 8 + SHA256_BYTES ? p + 8 + SHA256_BYTES : NULL);
        break;
    default:
        if (message->length < 4)
            console_error(FAULT_LENGTH);
        else
            data(get32(p), p + 4, message->length - 4u);
    }
}
