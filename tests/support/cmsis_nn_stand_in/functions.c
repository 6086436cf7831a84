/* Plain loops behind the part of CMSIS-NN's interface in Include/. */
#include <arm_nnfunctions.h>

static int32_t scaled(int32_t value, int32_t multiplier, int32_t shift)
{
    int32_t raised = shift > 0 ? value * (1 << shift) : value;
    int64_t product = (int64_t)raised * multiplier;
    int32_t high = (int32_t)((product + (product < 0 ? 1 - (1 << 30) : 1 << 30)) / (1ll << 31));
    int32_t right = shift < 0 ? -shift : 0, mask = (int32_t)((1ll << right) - 1), rest = high & mask;

    return (high >> right) + (rest > (mask >> 1) + (high < 0));
}

static int8_t limited(int32_t value, cmsis_nn_activation range)
{
    return (int8_t)(value < range.min ? range.min : value > range.max ? range.max : value);
}

/* A window over channels `from` to `to` of the input. Element (row, column, channel) of the filter is at
 * filter[(row * width + column) * step + channel - from]. */
static int32_t sum_of(const int8_t *input, const cmsis_nn_dims *in, const int8_t *filter, const cmsis_nn_dims *window,
                      int32_t step, const cmsis_nn_conv_params *params, int32_t y, int32_t x, int32_t from, int32_t to)
{
    int32_t sum = 0;

    for (int32_t row = 0; row < window->h; row++) {
        for (int32_t column = 0; column < window->w; column++) {
            int32_t v = y * params->stride.h - params->padding.h + row * params->dilation.h;
            int32_t h = x * params->stride.w - params->padding.w + column * params->dilation.w;

            if (v < 0 || v >= in->h || h < 0 || h >= in->w)
                continue;
            for (int32_t channel = from; channel < to; channel++)
                sum += (input[(v * in->w + h) * in->c + channel] + params->input_offset)
                       * filter[(row * window->w + column) * step + channel - from];
        }
    }
    return sum;
}

int arm_convolve_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_conv_params *params,
                            const cmsis_nn_per_channel_quant_params *scales, const cmsis_nn_dims *input_dims,
                            const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                            const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims,
                            int8_t *output)
{
    int32_t depth = filter_dims->c, size = filter_dims->h * filter_dims->w * depth;

    (void)context, (void)bias_dims;
    for (int32_t y = 0; y < output_dims->h; y++) {
        for (int32_t x = 0; x < output_dims->w; x++) {
            for (int32_t o = 0; o < output_dims->c; o++) {
                int32_t sum =
                    bias[o] + sum_of(input, input_dims, filter + o * size, filter_dims, depth, params, y, x, 0, depth);

                *output++ = limited(scaled(sum, scales->multiplier[o], scales->shift[o]) + params->output_offset,
                                    params->activation);
            }
        }
    }
    return 0;
}

int arm_depthwise_conv_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_dw_conv_params *params,
                                  const cmsis_nn_per_channel_quant_params *scales, const cmsis_nn_dims *input_dims,
                                  const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                  const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims,
                                  int8_t *output)
{
    const cmsis_nn_conv_params same = {params->input_offset, params->output_offset, params->stride,
                                       params->padding,      params->dilation,      params->activation};

    (void)context, (void)bias_dims;
    for (int32_t y = 0; y < output_dims->h; y++) {
        for (int32_t x = 0; x < output_dims->w; x++) {
            for (int32_t o = 0; o < output_dims->c; o++) {
                int32_t channel = o / params->ch_mult;
                int32_t sum = bias[o]
                              + sum_of(input, input_dims, filter + o, filter_dims, filter_dims->c, &same, y, x, channel,
                                       channel + 1);

                *output++ =
                    limited(scaled(sum, scales->multiplier[o], scales->shift[o]) + same.output_offset, same.activation);
            }
        }
    }
    return 0;
}

int arm_fully_connected_s8(const cmsis_nn_context *context, const cmsis_nn_fc_params *params,
                           const cmsis_nn_per_tensor_quant_params *scales, const cmsis_nn_dims *input_dims,
                           const int8_t *input, const cmsis_nn_dims *filter_dims, const int8_t *filter,
                           const cmsis_nn_dims *bias_dims, const int32_t *bias, const cmsis_nn_dims *output_dims,
                           int8_t *output)
{
    (void)context, (void)bias_dims;
    for (int32_t row = 0; row < input_dims->n; row++, input += filter_dims->n) {
        for (int32_t o = 0; o < output_dims->c; o++) {
            int32_t sum = bias[o];

            for (int32_t k = 0; k < filter_dims->n; k++)
                sum += (input[k] + params->input_offset) * (filter[o * filter_dims->n + k] + params->filter_offset);
            *output++ =
                limited(scaled(sum, scales->multiplier, scales->shift) + params->output_offset, params->activation);
        }
    }
    return 0;
}

int arm_avgpool_s8(const cmsis_nn_context *context, const cmsis_nn_pool_params *params, const cmsis_nn_dims *input_dims,
                   const int8_t *input, const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims,
                   int8_t *output)
{
    (void)context;
    for (int32_t y = 0; y < output_dims->h; y++) {
        for (int32_t x = 0; x < output_dims->w; x++) {
            for (int32_t channel = 0; channel < input_dims->c; channel++) {
                int32_t sum = 0, count = 0;

                for (int32_t tap = 0; tap < filter_dims->h * filter_dims->w; tap++) {
                    int32_t v = y * params->stride.h - params->padding.h + tap / filter_dims->w;
                    int32_t h = x * params->stride.w - params->padding.w + tap % filter_dims->w;

                    if (v < 0 || v >= input_dims->h || h < 0 || h >= input_dims->w)
                        continue;
                    sum += input[(v * input_dims->w + h) * input_dims->c + channel];
                    count++;
                }
                *output++ = limited((sum + (sum < 0 ? -count / 2 : count / 2)) / count, params->activation);
            }
        }
    }
    return 0;
}

int arm_elementwise_add_s8(const int8_t *first, const int8_t *second, int32_t first_offset, int32_t first_multiplier,
                           int32_t first_shift, int32_t second_offset, int32_t second_multiplier, int32_t second_shift,
                           int32_t left_shift, int8_t *output, int32_t offset, int32_t multiplier, int32_t shift,
                           int32_t low, int32_t high, int32_t count)
{
    const cmsis_nn_activation range = {low, high};

    for (int32_t i = 0; i < count; i++) {
        int32_t a = (first[i] + first_offset) * (1 << left_shift), b = (second[i] + second_offset) * (1 << left_shift);
        int32_t sum = scaled(a, first_multiplier, first_shift) + scaled(b, second_multiplier, second_shift);

        output[i] = limited(scaled(sum, multiplier, shift) + offset, range);
    }
    return 0;
}
