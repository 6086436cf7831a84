// Stands in for TFLM's header: an interpreter that returns tensors in its arena but computes nothing by itself
// (see stand_in_graphs.h).
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/micro_allocator.h"
#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/micro/micro_resource_variable.h"
#include "tensorflow/lite/schema/schema_generated.h"

namespace tflite {

class MicroInterpreter {
  public:
    MicroInterpreter(const Model *model, const MicroOpResolver &resolver, uint8_t *arena, size_t bytes);
    MicroInterpreter(const Model *model, const MicroOpResolver &resolver, MicroAllocator *allocator,
                     MicroResourceVariables *variables);
    ~MicroInterpreter();

    TfLiteStatus AllocateTensors();
    TfLiteTensor *input(size_t index);
    TfLiteTensor *output(size_t index);
    TfLiteStatus Invoke();
    size_t arena_used_bytes() const { return bytes_; }

  private:
    const Model *model_;
    const MicroOpResolver &resolver_;
    uint8_t *arena_;
    size_t bytes_;
    TfLiteTensor tensor_;
};

} // namespace tflite
