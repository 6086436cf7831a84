// Stands in for TFLM's header, with only the names that generated projects use.
#pragma once

#include "flatbuffers/flatbuffers.h"

static_assert(FLATBUFFERS_VERSION_MAJOR == 25, "Non-compatible flatbuffers version included");

namespace tflite {

struct Model;

inline const Model *GetModel(const void *data)
{
    return static_cast<const Model *>(data);
}

} // namespace tflite
