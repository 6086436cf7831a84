#include "tensorflow/lite/micro/micro_interpreter.h"

namespace tflite {

MicroInterpreter::MicroInterpreter(const Model *model, const MicroOpResolver &resolver, uint8_t *arena, size_t bytes)
    : model_(model), resolver_(resolver), arena_(arena), bytes_(bytes)
{
}

// TFLM's does work too, so a static interpreter would register it with the C++ run-time library.
MicroInterpreter::~MicroInterpreter()
{
    model_ = nullptr;
}

// The file identifier follows the first offset of a FlatBuffer. Every model uses at least one operator.
TfLiteStatus MicroInterpreter::AllocateTensors()
{
    const unsigned char *bytes = reinterpret_cast<const unsigned char *>(model_);

    if (bytes[4] != 'T' || bytes[7] != '3' || reinterpret_cast<uintptr_t>(bytes) % 16 != 0) {
        MicroPrintf("the model is not an aligned FlatBuffer");
        return kTfLiteError;
    }
    tensor_.data.data = arena_;
    return resolver_.Added() > 0 && bytes_ > 1024 && reinterpret_cast<uintptr_t>(arena_) % 16 == 0 ? kTfLiteOk
                                                                                                   : kTfLiteError;
}

TfLiteTensor *MicroInterpreter::input(size_t)
{
    return &tensor_;
}

TfLiteTensor *MicroInterpreter::output(size_t)
{
    return &tensor_;
}

TfLiteStatus MicroInterpreter::Invoke()
{
    return kTfLiteOk;
}

} // namespace tflite
