// Stands in for TFLM's header: counts the variables.
#pragma once

#include "tensorflow/lite/micro/micro_allocator.h"

namespace tflite {

struct MicroResourceVariables {
    int count;

    static MicroResourceVariables *Create(MicroAllocator *allocator, int count)
    {
        return new (allocator->arena + sizeof *allocator) MicroResourceVariables{count};
    }
};

} // namespace tflite
