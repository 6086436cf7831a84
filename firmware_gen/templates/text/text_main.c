/* Test program. Reads blocks of text from standard input, each preceded by its size as a 32-bit little-endian integer. Writes
   one sentence per line to standard output, and a record separator after each block. The optional argument is a file
   of user words. Each line contains a spelling and its phonemes, separated by a tab. To enable markup, put
   --markup before the file. With --known as the first argument, each part of a sentence is written on its own line as
   soon as it is known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define MOST_WORDS 256
#define MOST_LINE 512

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

static uint8_t before[2 * TX_SOUNDS]; /* the phonemes of the current sentence received so far */
static size_t before_count;
static int parts; /* whether to write each part */

static void known(void *user, const uint8_t *phonemes, size_t count)
{
    (void)user;
    if (count > sizeof before - before_count)
        exit(4);
    memcpy(before + before_count, phonemes, count);
    before_count += count;
    if (!parts)
        return;
    for (; count--; phonemes++)
        fputs(tx_names[*phonemes], stdout);
    putchar('\n');
}

static void sentence(void *user, const uint8_t *phonemes, size_t count)
{
    (void)user;
    if (count != before_count || memcmp(before, phonemes, count))
        exit(4);
    before_count = 0;
    if (parts)
        return;
    for (; count--; phonemes++)
        fputs(tx_names[*phonemes], stdout);
    putchar('\n');
}

static void event(void *user, text_event what, int value)
{
    static const char *const names[] = {"pause", "rate", "pitch", "volume"};
    (void)user;
    printf("\x1f%s %d\n", names[what], value);
}

/* Reads the words from `file`. They are never freed. */
static text_word *words_of(const char *file, uint16_t *count)
{
    static text_word words[MOST_WORDS];
    static char lines[MOST_WORDS][MOST_LINE];
    FILE *in = fopen(file, "rb");
    if (!in)
        exit(1);
    for (*count = 0; *count < MOST_WORDS && fgets(lines[*count], MOST_LINE, in); (*count)++) {
        char *tab = strchr(lines[*count], '\t');
        if (!tab)
            exit(1);
        *tab = 0;
        tab[1 + strcspn(tab + 1, "\n")] = 0;
        words[*count].spelling = lines[*count];
        words[*count].phonemes = tab + 1;
        if (!text_word_valid(words + *count))
            exit(3);
    }
    fclose(in);
    return words;
}

int main(int argc, char **argv)
{
    text_options options = {0};
    uint8_t head[4];
    static text t;
    options.known = known;
    if (argc > 1 && strcmp(argv[1], "--known") == 0) {
        parts = 1;
        argc--, argv++;
    }
    if (argc > 1 && strcmp(argv[1], "--markup") == 0) {
        options.markup = text_markup;
        options.event = event;
        argc--, argv++;
    }
    if (argc > 1)
        options.words = words_of(argv[1], &options.word_count);
    while (fread(head, 1, 4, stdin) == 4) {
        size_t size = head[0] | head[1] << 8 | head[2] << 16 | (size_t)head[3] << 24;
        uint8_t *bytes = malloc(size ? size : 1); /* exact, so that a sanitiser detects out-of-bounds reads */
        source s = {bytes, size};
        if (!bytes || fread(bytes, 1, size, stdin) != size)
            return 1;
        text_read_with(&t, &options, next, sentence, &s);
        putchar('\x1e');
        free(bytes);
    }
    return 0;
}
