#pragma once
#include "Arduino.h"

enum i2s_mode_t { I2S_MODE_STD, I2S_MODE_TDM };
enum i2s_data_bit_width_t { I2S_DATA_BIT_WIDTH_16BIT = 16 };
enum i2s_slot_mode_t { I2S_SLOT_MODE_MONO = 1, I2S_SLOT_MODE_STEREO = 2 };

class I2SClass {
  public:
    void setPins(int8_t bclk, int8_t ws, int8_t dout, int8_t din = -1, int8_t mclk = -1)
    {
        (void)din, (void)mclk;
        pins = bclk >= 0 && ws >= 0 && dout >= 0;
    }

    bool begin(i2s_mode_t mode, uint32_t rate, i2s_data_bit_width_t bits_cfg, i2s_slot_mode_t ch, int8_t slot_mask = -1)
    {
        (void)bits_cfg, (void)slot_mask;
        running = pins && mode == I2S_MODE_STD && rate > 0 && ch == I2S_SLOT_MODE_MONO;
        return running;
    }

    size_t write(uint8_t *buffer, size_t size) { return running ? fwrite(buffer, 1, size, stdout) : 0; }

  private:
    bool pins = false, running = false;
};
