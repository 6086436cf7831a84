// Stands in for TFLM's header. As in TFLM, the layout of a tensor depends on the flag that the library is compiled with.
#pragma once

#include <stddef.h>

enum TfLiteStatus { kTfLiteOk = 0, kTfLiteError = 1 };

union TfLitePtrUnion {
    void *data;
};

#ifdef TF_LITE_STATIC_MEMORY
struct TfLiteTensor {
    float scale;
    TfLitePtrUnion data;
};
#else
struct TfLiteTensor {
    int type;
    float scale;
    size_t bytes;
    TfLitePtrUnion data;
};
#endif
