/* The result of play_progress() in a family's stm32_play.h. */
#ifndef PLAYED_H
#define PLAYED_H

enum { PLAY_FAILED = 1, PLAYED_FIRST = 2, PLAYED_SECOND = 4 }; /* the DMA failed, or has played a half of the buffer */

#endif
