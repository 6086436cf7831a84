/* The part of CMSIS-NN's interface that `bench --against cmsis-nn` uses, for tests without its tree. */
#ifndef ARM_NNFUNCTIONS_H
#define ARM_NNFUNCTIONS_H

#include <stdint.h>

typedef struct {
    int32_t w, h;
} cmsis_nn_tile;

typedef struct {
    void *buf;
    int32_t size;
} cmsis_nn_context;

typedef struct {
    int32_t n, h, w, c;
} cmsis_nn_dims;

typedef struct {
    int32_t *multiplier, *shift;
} cmsis_nn_per_channel_quant_params;

typedef struct {
    int32_t multiplier, shift;
} cmsis_nn_per_tensor_quant_params;

typedef struct {
    int32_t min, max;
} cmsis_nn_activation;

typedef struct {
    int32_t input_offset, output_offset;
    cmsis_nn_tile stride, padding, dilation;
    cmsis_nn_activation activation;
} cmsis_nn_conv_params;

typedef struct {
    int32_t input_offset, output_offset, ch_mult;
    cmsis_nn_tile stride, padding, dilation;
    cmsis_nn_activation activation;
} cmsis_nn_dw_conv_params;

typedef struct {
    cmsis_nn_tile stride, padding;
    cmsis_nn_activation activation;
} cmsis_nn_pool_params;

typedef struct {
    int32_t input_offset, filter_offset, output_offset;
    cmsis_nn_activation activation;
} cmsis_nn_fc_params;

int arm_convolve_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_conv_params *params,
                            const cmsis_nn_per_channel_quant_params *scales, const cmsis_nn_dims *input_dims,
                            const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                            const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims,
                            int8_t *output);
int arm_depthwise_conv_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_dw_conv_params *params,
                                  const cmsis_nn_per_channel_quant_params *scales, const cmsis_nn_dims *input_dims,
                                  const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                  const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims,
                                  int8_t *output);
int arm_fully_connected_s8(const cmsis_nn_context *context, const cmsis_nn_fc_params *params,
                           const cmsis_nn_per_tensor_quant_params *scales, const cmsis_nn_dims *input_dims,
                           const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                           const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims,
                           int8_t *output);
int arm_avgpool_s8(const cmsis_nn_context *context, const cmsis_nn_pool_params *params, const cmsis_nn_dims *input_dims,
                   const int8_t *input, const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                   int8_t *output);
int arm_elementwise_add_s8(const int8_t *first, const int8_t *second, int32_t first_offset, int32_t first_multiplier,
                           int32_t first_shift, int32_t second_offset, int32_t second_multiplier, int32_t second_shift,
                           int32_t left_shift, int8_t *output, int32_t offset, int32_t multiplier, int32_t shift,
                           int32_t low, int32_t high, int32_t count);

#endif
