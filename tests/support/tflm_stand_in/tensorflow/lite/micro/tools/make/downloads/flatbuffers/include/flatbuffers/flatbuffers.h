// Stands in for the header of the library that TFLM's makefile downloads.
#pragma once

#define FLATBUFFERS_VERSION_MAJOR 25
