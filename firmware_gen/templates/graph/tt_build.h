/* Defines how the compiler builds ticktalk's generated code. Only the generated source files include this header,
 * before any function. */
#ifndef TT_BUILD_H
#define TT_BUILD_H

/* Without optimisation, the kernels would execute about 20 times as many instructions. A pragma therefore makes gcc
 * optimise these files even without -O, unless TICKTALK_AS_BUILT is defined, for example for debugging. Clang has no
 * such pragma. Even with the pragma, gcc inlines only functions with the attribute always_inline. */
#if defined(__GNUC__) && !defined(__clang__) && !defined(__OPTIMIZE__) && !defined(TICKTALK_AS_BUILT)
#pragma GCC optimize("O2")
#define TT_INLINE __attribute__((always_inline)) static inline
#else
#define TT_INLINE static inline
#endif

/* Prevents gcc 12 with -fno-inline from removing a function that computes the address of one struct member from that of
 * another. gcc does not recognise that such a function writes to the other member. */
#ifdef __GNUC__
#define TT_WRITES() __asm__ volatile("" : : : "memory")
#else
#define TT_WRITES() ((void)0)
#endif

/* Alignment of the weights: 8 bytes on Arm. Clang for x86-64 assumes 16 bytes when it reads arrays. */
#ifdef __BIGGEST_ALIGNMENT__
#define TT_ALIGNED _Alignas(__BIGGEST_ALIGNMENT__)
#else
#define TT_ALIGNED _Alignas(16)
#endif

/* Attributes for the graphs' constants and for the other tables, such as a section in external flash:
 * -DTICKTALK_WEIGHTS='__attribute__((section(".external")))' */
#ifndef TICKTALK_WEIGHTS
#define TICKTALK_WEIGHTS
#endif
#ifndef TICKTALK_TABLES
#define TICKTALK_TABLES
#endif

/* Attributes for the functions in which most of the time is spent, such as a section that is copied to RAM at start-up.
 * Functions and constants cannot share a section. */
#ifndef TICKTALK_CODE
#define TICKTALK_CODE
#endif

/* Define TICKTALK_ALL_REGISTERS if clang compiles with -fomit-frame-pointer and without -ffixed-r9. The kernels for
 * Cortex-M with DSP instructions then use assembly that needs the frame pointer and r9. gcc does not need this
 * macro. */

#endif
