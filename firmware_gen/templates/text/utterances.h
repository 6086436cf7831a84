/* Converts UTF-8 text to the voice's phoneme ids, one utterance at a time. */
#ifndef UTTERANCES_H
#define UTTERANCES_H

#include <stdint.h>

#include "text.h"

/* Reads text of any length and calls `utterance` for each utterance in it.

   `byte` returns the next byte of the text, or -1 at the end. `user` is passed to both callbacks. The ids are valid
   only during the call. The state is static, so `utterance` must not call this function. */
void utterances_read(int (*byte)(void *user), void (*utterance)(void *user, const uint8_t *ids, uint32_t count),
                     void *user);

/* Like utterances_read, with options such as the application's own words and markup (see text_options in text.h).
   `user` is also passed to `event`, which is called between utterances. For
   TEXT_PAUSE, write silence. For any other event, set the voice's prosody before the next utterance begins. */
void utterances_read_with(const text_options *options, int (*byte)(void *user),
                          void (*utterance)(void *user, const uint8_t *ids, uint32_t count), void *user);

#endif
