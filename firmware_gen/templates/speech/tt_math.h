/* Fixed-point products for the vocoder: single instructions on cores with the DSP extension, otherwise 64-bit C.
   Both variants produce identical results. Right shifts of negative numbers must be arithmetic. */
#ifndef TT_MATH_H
#define TT_MATH_H

#include "ticktalk.h"
#include "tt_build.h"

/* round(a * b / 2^32), rounding half up */
TT_INLINE int32_t tt_mul(int32_t a, int32_t b)
{
#ifdef __ARM_FEATURE_DSP
    int32_t result;
    __asm__("smmulr %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
#else
    return (int32_t)(((int64_t)a * b + INT64_C(0x80000000)) >> 32);
#endif
}

/* sum + round(a * b / 2^32) */
TT_INLINE int32_t tt_mul_add(int32_t sum, int32_t a, int32_t b)
{
#ifdef __ARM_FEATURE_DSP
    int32_t result;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
#else
    return sum + (int32_t)(((int64_t)a * b + INT64_C(0x80000000)) >> 32);
#endif
}

/* sum + round(-a * b / 2^32) */
TT_INLINE int32_t tt_mul_subtract(int32_t sum, int32_t a, int32_t b)
{
#ifdef __ARM_FEATURE_DSP
    int32_t result;
    __asm__("smmlsr %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
#else
    return sum + (int32_t)((INT64_C(0x80000000) - (int64_t)a * b) >> 32);
#endif
}

/* a (cos - i sin), w = (cos, sin) in Q31 */
TT_INLINE struct ticktalk_complex tt_turn_back(struct ticktalk_complex a, struct ticktalk_complex w)
{
    return (struct ticktalk_complex){2 * tt_mul_add(tt_mul(a.re, w.re), a.im, w.im),
                                     2 * tt_mul_subtract(tt_mul(a.im, w.re), a.re, w.im)};
}

/* a (cos + i sin) */
TT_INLINE struct ticktalk_complex tt_turn_on(struct ticktalk_complex a, struct ticktalk_complex w)
{
    return (struct ticktalk_complex){2 * tt_mul_subtract(tt_mul(a.re, w.re), a.im, w.im),
                                     2 * tt_mul_add(tt_mul(a.im, w.re), a.re, w.im)};
}

/* x, clamped to -2^17 .. 2^17 - 1 */
TT_INLINE int32_t tt_saturate_18(int32_t x)
{
#ifdef __ARM_FEATURE_DSP
    int32_t result;
    __asm__("ssat %0, #18, %1" : "=r"(result) : "r"(x));
    return result;
#else
    return x < -0x20000 ? -0x20000 : x > 0x1ffff ? 0x1ffff : x;
#endif
}

/* x, clamped to -2^19 .. 2^19 - 1 */
TT_INLINE int32_t tt_saturate_20(int32_t x)
{
#ifdef __ARM_FEATURE_DSP
    int32_t result;
    __asm__("ssat %0, #20, %1" : "=r"(result) : "r"(x));
    return result;
#else
    return x < -0x80000 ? -0x80000 : x > 0x7ffff ? 0x7ffff : x;
#endif
}

#endif
