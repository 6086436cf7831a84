/* run < inputs > outputs: the bytes of every input, one after the other, then those of every output. */
#include "model_io.h"
#include "trace.h"

#include <stdio.h>

int main(void)
{
    for (uint32_t i = 0; i < MODEL_INPUTS; i++)
        if (fread(model_inputs[i].data, 1, model_inputs[i].bytes, stdin) != model_inputs[i].bytes) {
            fprintf(stderr, "error: input %u needs %u bytes\n", (unsigned)i, (unsigned)model_inputs[i].bytes);
            return 2;
        }
    trace_invocation(0);
    model_invoke();
    for (uint32_t i = 0; i < MODEL_OUTPUTS; i++)
        if (fwrite(model_outputs[i].data, 1, model_outputs[i].bytes, stdout) != model_outputs[i].bytes) {
            perror("standard output");
            return 1;
        }
    return 0;
}
