/* Stands in for the library's main header, which makes Arduino's tools build the library and refuses other
   frameworks. */
#pragma once

#ifdef ARDUINO
#include <Arduino.h>
#else
#error "unsupported framework"
#endif
