/* SPEAK receives phoneme ids and sends PCM as it is computed. PROSODY sets rate, pitch and volume. */
#include "application.h"
#include "console.h"
#include "player.h"
#include "prosody.h"

static void speak(const uint8_t *ids, uint32_t count, uint32_t seed, bool trace)
{
    player_start(trace);
    if (player_speak(ids, count, seed))
        player_done();
    else
        console_error(FAULT_ARGUMENT);
}

static void set_prosody(struct prosody prosody)
{
    if (prosody_set(prosody))
        console_ok();
    else
        console_error(FAULT_ARGUMENT);
}

void application_message(const struct message *message)
{
    const uint8_t *p = message->payload;

    switch (message->type) {
    case CONSOLE_SPEAK:
        if (message->length < 5)
            console_error(FAULT_LENGTH);
        else if (p[0] > 1)
            console_error(FAULT_ARGUMENT);
        else
            speak(p + 5, message->length - 5u, get32(p + 1), p[0] & 1);
        break;
    case CONSOLE_PROSODY:
        if (message->length != 5)
            console_error(FAULT_LENGTH);
        else
            set_prosody((struct prosody){(int32_t)get16(p), (int8_t)p[2], (int32_t)get16(p + 3)});
        break;
    default:
        console_error(FAULT_ABSENT);
    }
}
