/* The functions that model.js calls: an interface to the library with prefix `model` that passes only numbers. The page replaces INPUTS and OUTPUTS with one line per input or output. */
#include "model.h"
#include "trace.h"

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(name) __attribute__((import_module("page"), import_name(#name)))

/* Called after an operator has written `tensor`. */
IMPORT(wrote) void page_wrote(int32_t tensor, const void *data, uint32_t bytes);

static struct model graph;

void tt_trace(int32_t number, int32_t tensor, const void *data, uint32_t bytes)
{
    (void)number;
    page_wrote(tensor, data, bytes);
}

EXPORT(reset) void reset(void)
{
    RESET;
}

EXPORT(input) const void *input(uint32_t number)
{
    const void *const inputs[] = {INPUTS};

    return inputs[number];
}

EXPORT(output) const void *output(uint32_t number)
{
    const void *const outputs[] = {OUTPUTS};

    return outputs[number];
}

EXPORT(invoke) void invoke(void)
{
    model_invoke(&graph);
}
