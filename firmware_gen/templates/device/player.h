/* Speaks utterances over the console. Sends PCM as it is computed, and DONE after the last utterance. */
#ifndef PLAYER_H
#define PLAYER_H

#include <stdbool.h>
#include <stdint.h>

/* Starts counting instructions and samples. If `trace` is true, checksums of tensors are sent. */
void player_start(bool trace);

/* Speaks one utterance (see speech_begin). If its ids are invalid, returns false and sends nothing. */
bool player_speak(const uint8_t *ids, uint32_t count, uint32_t seed);

/* Sends the rest of the trace, and DONE. */
void player_done(void);

#endif
