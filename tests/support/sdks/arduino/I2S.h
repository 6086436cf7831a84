#pragma once
#include "Arduino.h"

class I2S {
  public:
    I2S(PinMode direction = OUTPUT, pin_size_t bclk = 26, pin_size_t data = 28, pin_size_t mclk = 25,
        pin_size_t data_rx = 22)
    {
        (void)bclk, (void)data, (void)mclk, (void)data_rx;
        output = direction == OUTPUT;
    }

    bool setBCLK(pin_size_t pin) { return !running && pin <= 28; }
    bool setDATA(pin_size_t pin) { return !running && pin <= 29; }

    bool setBitsPerSample(int bps)
    {
        bits = bps;
        return !running;
    }

    bool setBuffers(size_t buffers, size_t bufferWords, int32_t silenceSample = 0)
    {
        (void)silenceSample;
        return !running && buffers >= 3 && bufferWords >= 8;
    }

    bool begin(long sampleRate)
    {
        running = output && sampleRate > 0 && bits == 16;
        return running;
    }

    size_t write16(int16_t l, int16_t r)
    {
        const int16_t frame[] = {l, r};

        return running ? fwrite(frame, 2, 2, stdout) / 2 : 0;
    }

  private:
    bool output, running = false;
    int bits = 0;
};
