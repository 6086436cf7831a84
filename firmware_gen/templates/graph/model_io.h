/* The model's inputs and outputs by number, below MODEL_INPUTS and MODEL_OUTPUTS (model.h). The tensors share memory:
   write every input before each run. */
#ifndef MODEL_IO_H
#define MODEL_IO_H

#include <stdint.h>

struct model_tensor {
    void *data; /* NULL if there is no tensor with that number */
    uint32_t bytes;
};

struct model_tensor model_input(uint32_t index);
struct model_tensor model_output(uint32_t index);

/* Computes all outputs from all inputs. */
void model_run(void);

#endif
