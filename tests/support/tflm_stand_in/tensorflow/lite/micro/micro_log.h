// Stands in for TFLM's header. A library whose error messages were removed has no MicroPrintf.
#pragma once

#ifdef TF_LITE_STRIP_ERROR_STRINGS
#define MicroPrintf(...) tflite::Unused(__VA_ARGS__)
#else
void MicroPrintf(const char *format, ...);
#endif

namespace tflite {

template <typename... Args>
void Unused(Args &&...args)
{
    (void)sizeof...(args);
}

} // namespace tflite
