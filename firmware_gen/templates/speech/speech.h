/* From phoneme ids to PCM, one hop at a time, in constant memory. */
#ifndef SPEECH_H
#define SPEECH_H

#include <stdbool.h>
#include <stdint.h>

#include "prosody.h"
#include "voice.h"

enum { SPEECH_HOP = VOICE_HOP, SPEECH_LIMIT = VOICE_LIMIT };

/* Start an utterance: `ids` with both edges, 1 to SPEECH_LIMIT of them; `seed` is the noise's. It is said as prosody.h
   was told before. Runs the phoneme graph. False when there are too few or too many ids, or an unknown one. */
bool speech_begin(const uint8_t *ids, uint32_t count, uint32_t seed);

/* The next samples into pcm[SPEECH_HOP]; how many there are, 0 at the end of the utterance. */
uint32_t speech_next(int16_t *pcm);

#endif
