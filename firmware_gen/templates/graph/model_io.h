/* Access to the model's inputs and outputs by index. Their numbers are MODEL_INPUTS and MODEL_OUTPUTS (model.h). The
   tensors share memory, so write all inputs before each run. */
#ifndef MODEL_IO_H
#define MODEL_IO_H

#include <stdint.h>

struct model_tensor {
    void *data; /* NULL if the index is out of range */
    uint32_t bytes;
};

struct model_tensor model_input(uint32_t index);
struct model_tensor model_output(uint32_t index);

/* Computes all outputs from all inputs. */
void model_run(void);

#endif
