#ifndef DRIVER_GPIO_H
#define DRIVER_GPIO_H

typedef enum { GPIO_NUM_NC = -1, GPIO_NUM_15 = 15, GPIO_NUM_46 = 46, GPIO_NUM_48 = 48 } gpio_num_t;

#endif
