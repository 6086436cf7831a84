/* Plays samples on the board's speaker while later samples are being computed. */
#ifndef SOUND_H
#define SOUND_H

#include <stdint.h>

enum sound_state { SOUND_FAILED, SOUND_READY, SOUND_PLAYING };

/* Prepares the output. If the output does not start, the state is SOUND_FAILED, and all later calls return
   immediately. */
void sound_open(void);
/* Queues samples. Playback begins when the queue is full. Waits while the queue is full, unless the output stops taking
   samples, in which case the state becomes SOUND_FAILED. */
void sound_queue(const int16_t *pcm, uint32_t count);
/* Lets the rest of the queue play, and returns without waiting for the end of playback. */
void sound_end(void);
/* Stops immediately and discards the rest of the queue. */
void sound_stop(void);

enum sound_state sound_state(void);
/* How many times since start-up the queue became empty before the end of an utterance. */
uint32_t sound_underruns(void);

#endif
