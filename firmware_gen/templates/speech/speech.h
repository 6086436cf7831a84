/* Converts phoneme ids to PCM, one hop at a time, in constant memory. */
#ifndef SPEECH_H
#define SPEECH_H

#include <stdbool.h>
#include <stdint.h>

#include "prosody.h"
#include "voice.h"

enum { SPEECH_HOP = VOICE_HOP, SPEECH_LIMIT = VOICE_LIMIT };

/* Starts an utterance with the prosody set by prosody_set. `ids` includes both edges and has 1 to SPEECH_LIMIT
   elements. `seed` is the seed of the noise generator. Returns false if the number of ids is out of range or an id is
   unknown. */
bool speech_begin(const uint8_t *ids, uint32_t count, uint32_t seed);

/* Writes the next samples to pcm[SPEECH_HOP]. Returns their number, or 0 at the end of the utterance. */
uint32_t speech_next(int16_t *pcm);

#endif
