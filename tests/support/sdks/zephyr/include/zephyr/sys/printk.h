#ifndef ZEPHYR_PRINTK_H
#define ZEPHYR_PRINTK_H

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 1, 2))) static inline void printk(const char *fmt, ...)
{
    va_list arguments;

    va_start(arguments, fmt);
    vfprintf(stderr, fmt, arguments);
    va_end(arguments);
}

#endif
