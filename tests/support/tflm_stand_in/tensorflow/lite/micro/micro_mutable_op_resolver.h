// Stands in for TFLM's header. It accepts the operators of the tiny voice, up to the announced number.
#pragma once

enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };

namespace tflite {

struct MicroOpResolver {
    unsigned added = 0;
};

template <unsigned tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
  public:
    TfLiteStatus AddConv2D() { return Add(); }
    TfLiteStatus AddDepthwiseConv2D() { return Add(); }
    TfLiteStatus AddStridedSlice() { return Add(); }
    TfLiteStatus AddAdd() { return Add(); }
    TfLiteStatus AddTanh() { return Add(); }

  private:
    TfLiteStatus Add() { return ++added <= tOpCount ? kTfLiteOk : kTfLiteError; }
};

} // namespace tflite
