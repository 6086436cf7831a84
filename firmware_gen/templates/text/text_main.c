/* For tests: texts on standard input, each behind its size in four bytes; their sentences on standard output, one a
   line, a record separator behind each text. */
#include <stdio.h>
#include <stdlib.h>

#include "text.h"

extern const char *const tx_names[];

typedef struct {
    const uint8_t *bytes;
    size_t left;
} source;

static int next(void *user)
{
    source *s = user;
    if (!s->left)
        return -1;
    s->left--;
    return *s->bytes++;
}

static void sentence(void *user, const uint8_t *phonemes, size_t count)
{
    (void)user;
    for (; count--; phonemes++)
        fputs(tx_names[*phonemes], stdout);
    putchar('\n');
}

int main(void)
{
    uint8_t head[4];
    static text t;
    while (fread(head, 1, 4, stdin) == 4) {
        size_t size = head[0] | head[1] << 8 | head[2] << 16 | (size_t)head[3] << 24;
        uint8_t *bytes = malloc(size ? size : 1); /* exactly as long, so that a sanitiser sees a byte too many */
        source s = {bytes, size};
        if (!bytes || fread(bytes, 1, size, stdin) != size)
            return 1;
        text_read(&t, next, sentence, &s);
        putchar('\x1e');
        free(bytes);
    }
    return 0;
}
