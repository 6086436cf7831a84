/* Text to utterances: UTF-8 in, phoneme ids of the voice out, one utterance after the other. */
#ifndef UTTERANCES_H
#define UTTERANCES_H

#include <stdint.h>

/* Reads a text of any length and calls `utterance` with the arguments of speech_begin for each utterance in it.

   `byte` returns the text's next byte, or -1 at its end. `user` is passed to both. The ids are valid during the call. There is
   one state, so `utterance` must not call this function. */
void utterances_read(int (*byte)(void *user), void (*utterance)(void *user, const uint8_t *ids, uint32_t count),
                     void *user);

#endif
