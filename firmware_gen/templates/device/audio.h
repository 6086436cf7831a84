/* Driver for the sound output: a DMA channel that plays two buffers in turn. */
#ifndef AUDIO_H
#define AUDIO_H

#include "board.h"

#include <stdbool.h>
#include <stdint.h>

/* Fills a buffer with `count` frames. A frame is one 16-bit sample, repeated in both halves of the word, for left and
   right. If `frames` is NULL, the DMA has failed and stopped. */
typedef void audio_fill(uint32_t *frames, uint32_t count);

/* Starts the sound clock at SOUND_HZ, and connects the pins. Returns false if the clock does not become ready. */
bool audio_open(void);
/* Starts playing. `fill` is called from the interrupt handler for each buffer that has been played. Returns false if
   the DMA does not start. */
bool audio_start(audio_fill *fill);
/* Stops immediately. May be called from `fill`. */
void audio_stop(void);
/* Interrupt handler of the DMA. */
void audio_isr(void);

#ifdef SOUND_TIMEOUT_IRQ
/* Sleeps until the next interrupt. Returns false if no interrupt other than the timeout's occurs for 0.1 s. */
bool audio_sleep(void);
/* Interrupt handler of the timeout. */
void audio_timeout_isr(void);
#endif

#endif
