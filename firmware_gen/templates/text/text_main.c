/* Test program. Reads texts from standard input, each preceded by its size as a 32-bit little-endian integer. Writes
   one sentence per line to standard output, and a record separator after each text. */
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
        uint8_t *bytes = malloc(size ? size : 1); /* the exact size, so that a sanitiser detects any overread */
        source s = {bytes, size};
        if (!bytes || fread(bytes, 1, size, stdin) != size)
            return 1;
        text_read(&t, next, sentence, &s);
        putchar('\x1e');
        free(bytes);
    }
    return 0;
}
