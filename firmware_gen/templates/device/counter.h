/* Executed instructions, measured with the board's free-running counter; 0 on a board without one. */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdint.h>

void counter_start(void);
/* Exclude what happens between these two calls: sending data to the host is not the voice's work. */
void counter_pause(void);
void counter_resume(void);
/* Adds the ticks since the last call. Call it at least once every 2^32 ticks. */
void counter_sample(void);
/* Returns the instructions since counter_start, without pauses. */
uint64_t counter_instructions(void);

#endif
