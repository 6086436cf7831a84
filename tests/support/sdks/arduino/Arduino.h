#ifndef ARDUINO_H
#define ARDUINO_H

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

typedef uint8_t pin_size_t;
enum PinMode { INPUT, OUTPUT };

/* The program ends at the first delay. */
inline void delay(uint32_t ms)
{
    (void)ms;
    exit(0);
}

struct SerialPort {
    void begin(unsigned long) {}
    void println(const char *text) { fprintf(stderr, "%s\n", text); }
    size_t write(const uint8_t *buffer, size_t size) { return fwrite(buffer, 1, size, stdout); }
    explicit operator bool() const { return true; }

    /* The program ends when the input ends. */
    size_t readBytes(uint8_t *buffer, size_t length)
    {
        if (feof(stdin) || ungetc(getchar(), stdin) == EOF)
            exit(0);
        return fread(buffer, 1, length > 7 ? 7 : length, stdin);
    }
};
inline SerialPort Serial;

#endif
