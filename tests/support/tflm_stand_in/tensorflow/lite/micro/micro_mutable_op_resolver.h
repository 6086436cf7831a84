// Stands in for TFLM's header. The resolver accepts the operators of the tests' models, up to the declared number.
#pragma once

#include "fixedpoint/fixedpoint.h"
#include "tensorflow/lite/c/common.h"
#include "tensorflow/lite/micro/compatibility.h"
#include "tensorflow/lite/micro/micro_log.h"

namespace tflite {

class MicroOpResolver {
  public:
    virtual unsigned Added() const = 0;

    virtual ~MicroOpResolver() {}
};

template <unsigned tOpCount>
class MicroMutableOpResolver : public MicroOpResolver {
  public:
    TF_LITE_REMOVE_VIRTUAL_DELETE

    TfLiteStatus AddConv2D() { return Add("Conv2D"); }
    TfLiteStatus AddDepthwiseConv2D() { return Add("DepthwiseConv2D"); }
    TfLiteStatus AddStridedSlice() { return Add("StridedSlice"); }
    TfLiteStatus AddAdd() { return Add("Add"); }
    TfLiteStatus AddTanh() { return Add("Tanh"); }
    TfLiteStatus AddAveragePool2D() { return Add("AveragePool2D"); }
    TfLiteStatus AddConcatenation() { return Add("Concatenation"); }
    TfLiteStatus AddReshape() { return Add("Reshape"); }
    TfLiteStatus AddFullyConnected() { return Add("FullyConnected"); }
    TfLiteStatus AddSoftmax() { return Add("Softmax"); }
    TfLiteStatus AddSvdf() { return Add("Svdf"); }
    TfLiteStatus AddCallOnce() { return Add("CallOnce"); }
    TfLiteStatus AddVarHandle() { return Add("VarHandle"); }
    TfLiteStatus AddReadVariable() { return Add("ReadVariable"); }
    TfLiteStatus AddAssignVariable() { return Add("AssignVariable"); }

    unsigned Added() const override { return added_; }

  private:
    TfLiteStatus Add(const char *name)
    {
        if (added_ >= tOpCount) {
            MicroPrintf("Couldn't register builtin op %s, resolver size is too small (%u)", name, tOpCount);
            return kTfLiteError;
        }
        added_++;
        return kTfLiteOk;
    }

    unsigned added_ = 0;
};

} // namespace tflite
