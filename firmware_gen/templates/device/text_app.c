#include "text_app.h"
#include "console.h"
#include "counter.h"
#include "player.h"
#include "trace_device.h"
#include "utterances.h"

#include <stdbool.h>
#include <string.h>

enum { FLAGS = 1, HEAD = 5, MORE = 1 }; /* flags u8 and a u32 precede the text; MORE: more text follows this frame */

/* The current text. `left` bytes at `at` are in the link's frame, which is valid until the next one is received. */
static struct {
    const uint8_t *at;
    uint32_t left, taken; /* taken: number of bytes received so far */
    uint32_t seed;
    bool more, abandoned;
} source;

/* Accepts the text in a frame. Returns false if the frame has unknown flags. */
static bool take(const struct message *message)
{
    if (message->payload[0] & ~MORE)
        return false;
    source.more = message->payload[0] & MORE;
    source.at = message->payload + HEAD;
    source.left = message->length - (uint32_t)HEAD;
    source.taken += source.left;
    return true;
}

/* Requests the next part of the text. Any other request cancels the text and is answered by the console afterwards. */
static void ask(void)
{
    uint8_t payload[4];
    struct message message;

    put32(payload, source.taken);
    link_send(CONSOLE_TEXT_WANTED, payload, sizeof payload);
    message = link_receive();
    if (message.type != CONSOLE_TEXT_MORE || message.length < HEAD || get32(message.payload + FLAGS) != source.taken
        || !take(&message)) {
        link_put_back();
        source.abandoned = true;
        source.more = false;
    }
}

static int next_byte(void *user)
{
    (void)user;
    while (source.left == 0) {
        if (!source.more)
            return -1;
        counter_pause();
        ask();
        counter_resume();
    }
    source.left--;
    return *source.at++;
}

/* Announces an utterance to the host and speaks it. */
static void speak(void *user, const uint8_t *ids, uint32_t count)
{
    static uint8_t payload[LINK_PAYLOAD];

    (void)user;
    if (source.abandoned)
        return;
    counter_pause();
    memcpy(put32(payload, source.seed), ids, count);
    link_send(CONSOLE_UTTERANCE, payload, (uint16_t)(4 + count));
    counter_resume();
    player_speak(ids, count, source.seed++);
}

static void start(const struct message *message)
{
    memset(&source, 0, sizeof source);
    source.seed = get32(message->payload + FLAGS);
    if (!take(message)) {
        console_error(FAULT_ARGUMENT);
        return;
    }
    trace_finish(); /* TEXT sends neither checksums nor tensors */
    player_start(false);
    utterances_read(next_byte, speak, NULL);
    if (!source.abandoned)
        player_done();
}

void text_message(const struct message *message)
{
    if (message->length < HEAD)
        console_error(FAULT_LENGTH);
    else if (message->type == CONSOLE_TEXT)
        start(message);
    else
        console_error(FAULT_ARGUMENT); /* this part was not requested */
}
