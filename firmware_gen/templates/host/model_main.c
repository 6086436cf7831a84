/* Usage: run < inputs > outputs. Reads the bytes of all inputs consecutively and writes those of all outputs. */
#include "model.h"
#include "model_io.h"

#include <stdio.h>

int main(void)
{
    for (uint32_t i = 0; i < MODEL_INPUTS; i++) {
        struct model_tensor input = model_input(i);

        if (fread(input.data, 1, input.bytes, stdin) != input.bytes) {
            fprintf(stderr, "error: input %u needs %u bytes\n", (unsigned)i, (unsigned)input.bytes);
            return 2;
        }
    }
    model_run();
    for (uint32_t i = 0; i < MODEL_OUTPUTS; i++) {
        struct model_tensor output = model_output(i);

        if (fwrite(output.data, 1, output.bytes, stdout) != output.bytes) {
            perror("standard output");
            return 1;
        }
    }
    return 0;
}
