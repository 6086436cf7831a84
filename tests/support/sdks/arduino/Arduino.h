#ifndef ARDUINO_H
#define ARDUINO_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

typedef uint8_t pin_size_t;
enum PinMode { INPUT, OUTPUT };

/* Time ends with the first pause. */
inline void delay(uint32_t ms)
{
    (void)ms;
    exit(0);
}

struct SerialPort {
    void begin(unsigned long) {}
    void println(const char *text) { fprintf(stderr, "%s\n", text); }
};
static SerialPort Serial;

#endif
