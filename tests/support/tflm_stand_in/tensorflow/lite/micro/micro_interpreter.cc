#include "tensorflow/lite/micro/micro_interpreter.h"

#include "stand_in_graphs.h"

namespace tflite {

MicroInterpreter::MicroInterpreter(const Model *model, const MicroOpResolver &resolver, uint8_t *arena, size_t bytes)
    : model_(model), resolver_(resolver), arena_(arena), bytes_(bytes)
{
}

MicroInterpreter::MicroInterpreter(const Model *model, const MicroOpResolver &resolver, MicroAllocator *allocator,
                                   MicroResourceVariables *variables)
    : MicroInterpreter(model, resolver, allocator->arena, variables->count > 0 ? allocator->bytes : 0)
{
}

// TFLM's destructor is not trivial either, so a static interpreter would register it with the C++ run-time library.
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
    if (stand_in_graph)
        stand_in_graph(model_, STAND_IN_START, 0);
    return resolver_.Added() > 0 && bytes_ > 1024 && reinterpret_cast<uintptr_t>(arena_) % 16 == 0 ? kTfLiteOk
                                                                                                   : kTfLiteError;
}

TfLiteTensor *MicroInterpreter::input(size_t index)
{
    if (stand_in_graph)
        tensor_.data.data = stand_in_graph(model_, STAND_IN_INPUT, index);
    return &tensor_;
}

TfLiteTensor *MicroInterpreter::output(size_t index)
{
    if (stand_in_graph)
        tensor_.data.data = stand_in_graph(model_, STAND_IN_OUTPUT, index);
    return &tensor_;
}

TfLiteStatus MicroInterpreter::Invoke()
{
    return !stand_in_graph || stand_in_graph(model_, STAND_IN_RUN, 0) ? kTfLiteOk : kTfLiteError;
}

} // namespace tflite
