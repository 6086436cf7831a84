/* How the compiler builds ticktalk's generated code. Only its source files include this, before any function. */
#ifndef TT_BUILD_H
#define TT_BUILD_H

/* Without optimisation, the kernels would take about 20 times the instructions. gcc therefore optimises these files whatever its
 * options say, unless TICKTALK_AS_BUILT is defined, for example to debug them. Clang has no such pragma. Even with the pragma, gcc
 * inlines only what it is told to. */
#if defined(__GNUC__) && !defined(__clang__) && !defined(__OPTIMIZE__) && !defined(TICKTALK_AS_BUILT)
#pragma GCC optimize("O2")
#define TT_INLINE __attribute__((always_inline)) static inline
#else
#define TT_INLINE static inline
#endif

/* In a function that gcc 12 with -fno-inline would remove: it computes the address of one member from that of another, and no
 * longer knows that it writes to it. */
#ifdef __GNUC__
#define TT_WRITES() __asm__ volatile("" : : : "memory")
#else
#define TT_WRITES() ((void)0)
#endif

/* Alignment of the weights: 8 bytes on Arm. Clang for x86-64 reads arrays as if it were 16. */
#ifdef __BIGGEST_ALIGNMENT__
#define TT_ALIGNED _Alignas(__BIGGEST_ALIGNMENT__)
#else
#define TT_ALIGNED _Alignas(16)
#endif

/* Attributes of the graphs' constants and of the other tables, for example a section in external flash:
 * -DTICKTALK_WEIGHTS='__attribute__((section(".external")))' */
#ifndef TICKTALK_WEIGHTS
#define TICKTALK_WEIGHTS
#endif
#ifndef TICKTALK_TABLES
#define TICKTALK_TABLES
#endif

/* The same for the functions in which most of the time is spent, for example to copy them to RAM at start-up. Functions and constants
 * cannot share a section. */
#ifndef TICKTALK_CODE
#define TICKTALK_CODE
#endif

/* Define TICKTALK_ALL_REGISTERS for clang with -fomit-frame-pointer and without -ffixed-r9. The kernels for Cortex-M with DSP
 * instructions then use assembly that needs these registers. gcc needs no such hint. */

#endif
