/* A pool plays a buffer as soon as it receives it. */
#ifndef PICO_AUDIO_I2S_H
#define PICO_AUDIO_I2S_H

#include "pico/stdlib.h"

#define AUDIO_BUFFER_FORMAT_PCM_S16 1

typedef struct mem_buffer {
    size_t size;
    uint8_t *bytes;
    uint8_t flags;
} mem_buffer_t;

typedef struct audio_format {
    uint32_t sample_freq;
    uint16_t format;
    uint16_t channel_count;
} audio_format_t;

typedef struct audio_buffer_format {
    const audio_format_t *format;
    uint16_t sample_stride;
} audio_buffer_format_t;

typedef struct audio_buffer {
    mem_buffer_t *buffer;
    const audio_buffer_format_t *format;
    uint32_t sample_count;
    uint32_t max_sample_count;
} audio_buffer_t;

typedef struct audio_buffer_pool {
    audio_buffer_t *free;
    const audio_format_t *set_up;
    bool connected, enabled;
} audio_buffer_pool_t;

typedef struct audio_i2s_config {
    uint8_t data_pin;
    uint8_t clock_pin_base;
    uint8_t dma_channel;
    uint8_t pio_sm;
} audio_i2s_config_t;

static audio_buffer_pool_t pool_stand_in;

static inline audio_buffer_pool_t *audio_new_producer_pool(audio_buffer_format_t *format, int buffer_count,
                                                           int buffer_sample_count)
{
    static int16_t samples[4096];
    static mem_buffer_t memory = {sizeof samples, (uint8_t *)samples, 0};
    static audio_buffer_t buffer = {&memory, NULL, 0, 0};

    if (buffer_count < 2 || buffer_sample_count > 4096 || format->sample_stride != 2)
        return NULL;
    buffer.format = format;
    buffer.max_sample_count = (uint32_t)buffer_sample_count;
    pool_stand_in.free = &buffer;
    return &pool_stand_in;
}

static inline const audio_format_t *audio_i2s_setup(const audio_format_t *intended_audio_format,
                                                    const audio_i2s_config_t *config)
{
    if (intended_audio_format->format != AUDIO_BUFFER_FORMAT_PCM_S16 || intended_audio_format->channel_count != 1
        || config->data_pin == config->clock_pin_base)
        return NULL;
    pool_stand_in.set_up = intended_audio_format;
    return intended_audio_format;
}

static inline bool audio_i2s_connect(audio_buffer_pool_t *producer)
{
    producer->connected = producer->set_up != NULL;
    return producer->connected;
}

static inline void audio_i2s_set_enabled(bool enabled)
{
    pool_stand_in.enabled = enabled && pool_stand_in.connected;
}

static inline audio_buffer_t *take_audio_buffer(audio_buffer_pool_t *ac, bool block)
{
    audio_buffer_t *buffer = ac->free;

    if (!buffer && block)
        abort(); /* the real function would wait forever */
    ac->free = NULL;
    return buffer;
}

static inline void give_audio_buffer(audio_buffer_pool_t *ac, audio_buffer_t *buffer)
{
    if (!ac->enabled || buffer->sample_count > buffer->max_sample_count)
        abort();
    fwrite(buffer->buffer->bytes, 2, buffer->sample_count, stdout);
    ac->free = buffer;
}

#endif
