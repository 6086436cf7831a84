#ifndef ZEPHYR_DEVICE_H
#define ZEPHYR_DEVICE_H

#include <stdbool.h>

struct device {
    const char *name;
};

static const struct device stand_in = {"stand-in"};

#define DEVICE_DT_GET(node) (&stand_in)

static inline bool device_is_ready(const struct device *dev)
{
    return dev == &stand_in;
}

#endif
