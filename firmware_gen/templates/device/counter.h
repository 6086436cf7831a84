/* Executed instructions, by the board's free-running counter; 0 on a board that has none. */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdint.h>

void counter_start(void);
/* Leave out what happens between these two: talking to the host is not work of the voice. */
void counter_pause(void);
void counter_resume(void);
/* Take the ticks since the last look; to be called at least once in 2^32 ticks. */
void counter_sample(void);
/* Instructions since counter_start, pauses left out. */
uint64_t counter_instructions(void);

#endif
