// Stands in for TFLM's header.
#pragma once

void MicroPrintf(const char *format, ...);
