// Stands in for TFLM's header in tests/firmware_gen/test_tflm.py, with only the names that generated projects use.
#pragma once

namespace tflite {

struct Model {
    const unsigned char *bytes;
};

inline const Model *GetModel(const void *data)
{
    static Model models[4];
    static int made = 0;

    models[made].bytes = static_cast<const unsigned char *>(data);
    return &models[made++];
}

} // namespace tflite
