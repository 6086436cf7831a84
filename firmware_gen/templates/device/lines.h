/* Formats the "key=value" lines of the banner and the statistics. */
#ifndef LINES_H
#define LINES_H

#include <stddef.h>
#include <stdint.h>

/* Appends "key=value\n" and returns the new end. */
static char *put_line(char *to, const char *key, uint64_t value)
{
    char digits[20];
    size_t n = 0;

    while (*key)
        *to++ = *key++;
    do
        digits[n++] = (char)('0' + value % 10);
    while (value /= 10);
    while (n)
        *to++ = digits[--n];
    *to++ = '\n';
    return to;
}

#endif
