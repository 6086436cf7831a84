/* Speaks utterances over the console: PCM while it is computed, and DONE behind the last one. */
#ifndef PLAYER_H
#define PLAYER_H

#include <stdbool.h>
#include <stdint.h>

/* Starts to count instructions and samples. `trace`: send checksums of tensors. */
void player_start(bool trace);

/* Speaks one utterance, see speech_begin. Returns false, having sent nothing, if its ids are refused. */
bool player_speak(const uint8_t *ids, uint32_t count, uint32_t seed);

/* Sends what is left of the trace, and DONE. */
void player_done(void);

#endif
