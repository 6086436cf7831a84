/* A stand-in for FreeRTOS with the functions that the how-to uses. Only one task runs, and the bytes that it sends are
   written to stdout. */
#ifndef FREERTOS_H
#define FREERTOS_H

#include <stddef.h>
#include <stdint.h>

typedef long BaseType_t;
typedef unsigned long UBaseType_t;
typedef uint32_t TickType_t;
typedef uint32_t configSTACK_DEPTH_TYPE;
#define portMAX_DELAY ((TickType_t)0xFFFFFFFFU)
#define pdPASS ((BaseType_t)1)

#endif
