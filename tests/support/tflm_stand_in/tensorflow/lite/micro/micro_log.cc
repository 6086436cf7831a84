#include "tensorflow/lite/micro/micro_log.h"

#include <stdarg.h>
#include <stdio.h>

#ifndef TF_LITE_STRIP_ERROR_STRINGS
// Formats the message, as TFLM does, so that firmware links this part of the C library.
void MicroPrintf(const char *format, ...)
{
    char line[256];
    va_list values;

    va_start(values, format);
    vsnprintf(line, sizeof(line), format, values);
    va_end(values);
    fputs(line, stderr);
}
#endif
