/* Test program. Reads blocks of text from standard input, each preceded by its size as a 32-bit little-endian integer. Writes
   one sentence per line to standard output, and a record separator after each block. The optional argument is a file
   of user words. Each line contains a spelling and its phonemes, separated by a tab. To enable markup, put
   --markup before the file. If the first argument is --known, each part of a sentence is written on its own line as
   soon as it is known. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

#define MOST_WORDS 256
#define MOST_LINE 512

extern const char *const tx_names[];

/* Writes phonemes and a line break. */
static void line(const uint8_t *phonemes, size_t count)
{
    for (; count--; phonemes++)
        fputs(tx_names[*phonemes], stdout);
    putchar('\n');
}

/* Writes the words or phonemes of the text. If `parts` is set, each part of a sentence has its own line. */
static void read_all(struct tx *t, int parts)
{
    static const char *const names[] = {"", "pause", "rate", "pitch", "volume", "expression", "voice", "whisper"};
    enum tx_found found;
    size_t known = 0;
    do {
        found = tx_next(t);
        if (parts && (t->full || found == TX_SENTENCE) && t->length > known) {
            line(t->sounds + known, t->length - known);
            known = t->length;
        }
        if (found == TX_SENTENCE) {
            if (!parts)
                line(t->sounds, t->length);
            known = 0;
        } else if (found == TX_EVENT) {
            printf("\x1f%s %d\n", names[t->event], t->value);
        }
    } while (found != TX_END);
}

/* Reads the words from `file`, which are never freed. */
static struct ticktalk_word *words_of(const char *file, uint16_t *count)
{
    static struct ticktalk_word words[MOST_WORDS];
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
        if (!tx_word_valid(words + *count))
            exit(3);
    }
    fclose(in);
    return words;
}

int main(int argc, char **argv)
{
    struct tx_options options = {0};
    uint8_t head[4];
    static struct tx t;
    int parts = 0;
    if (argc > 1 && strcmp(argv[1], "--known") == 0) {
        parts = 1;
        argc--, argv++;
    }
    if (argc > 1 && strcmp(argv[1], "--markup") == 0) {
        options.markup = tx_markup;
        argc--, argv++;
    }
    if (argc > 1)
        options.words = words_of(argv[1], &options.word_count);
    while (fread(head, 1, 4, stdin) == 4) {
        size_t size = head[0] | head[1] << 8 | head[2] << 16 | (size_t)head[3] << 24;
        char *bytes = malloc(size ? size : 1); /* the exact size, so that a sanitiser detects out-of-bounds reads */
        if (!bytes || fread(bytes, 1, size, stdin) != size)
            return 1;
        tx_begin(&t, bytes, size, &options);
        read_all(&t, parts);
        putchar('\x1e');
        free(bytes);
    }
    return 0;
}
