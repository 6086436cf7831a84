// Stands in for TFLM's header: an interpreter that returns tensors in its arena but computes nothing.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"
#include "tensorflow/lite/schema/schema_generated.h"

struct TfLiteTensor {
    union {
        void *data;
    } data;
};

namespace tflite {

class MicroInterpreter {
  public:
    MicroInterpreter(const Model *model, const MicroOpResolver &resolver, uint8_t *arena, size_t bytes)
        : model_(model), resolver_(resolver), arena_(arena), bytes_(bytes)
    {
    }

    // TFLM's has one that does work, too.
    ~MicroInterpreter() { model_ = nullptr; }

    // The file identifier follows the first offset of a FlatBuffer. Every model uses at least one operator.
    TfLiteStatus AllocateTensors()
    {
        bool good = model_->bytes[4] == 'T' && model_->bytes[7] == '3' && reinterpret_cast<uintptr_t>(arena_) % 16 == 0;

        return good && resolver_.added > 0 && bytes_ > 1024 ? kTfLiteOk : kTfLiteError;
    }

    TfLiteTensor *input(size_t index) { return Tensor(index); }
    TfLiteTensor *output(size_t index) { return Tensor(index); }
    TfLiteStatus Invoke() { return kTfLiteOk; }

  private:
    TfLiteTensor *Tensor(size_t)
    {
        tensor_.data.data = arena_;
        return &tensor_;
    }

    const Model *model_;
    const MicroOpResolver &resolver_;
    uint8_t *arena_;
    size_t bytes_;
    TfLiteTensor tensor_;
};

} // namespace tflite
