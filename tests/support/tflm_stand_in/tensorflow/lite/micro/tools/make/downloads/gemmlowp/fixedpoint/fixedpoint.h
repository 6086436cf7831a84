// Stands in for the header of the library that TFLM's makefile downloads.
#pragma once
