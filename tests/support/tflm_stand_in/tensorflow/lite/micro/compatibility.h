// Stands in for TFLM's header. Without the flag, the destructor of a resolver needs the C++ library's operator delete. The
// parameter is unused, so a project that does not treat TFLM's headers as system headers gets a warning.
#pragma once

#ifdef TF_LITE_STATIC_MEMORY
#define TF_LITE_REMOVE_VIRTUAL_DELETE                                                                                  \
    void operator delete(void *p) {}
#else
#define TF_LITE_REMOVE_VIRTUAL_DELETE
#endif
