/* Number of executed instructions, measured with the board's free-running counter. The number is 0 on boards
   without a counter. */
#ifndef COUNTER_H
#define COUNTER_H

#include <stdint.h>

void counter_start(void);
/* Instructions between these two calls, such as those that send data to the host, are not counted. */
void counter_pause(void);
void counter_resume(void);
/* Adds the ticks since the last call. Call this at least once every 2^32 ticks. */
void counter_sample(void);
/* Returns the number of instructions since counter_start, excluding pauses. */
uint64_t counter_instructions(void);

#endif
