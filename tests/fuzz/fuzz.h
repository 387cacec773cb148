/*
 * What fuzz targets share. Each tests/fuzz/TARGET.c gives hostile bytes to one parser (the form of
 * libFuzzer) and is linked either with libFuzzer (make fuzz) or with replay.c (make check).
 */
#ifndef KEYRITE_TESTS_FUZZ_FUZZ_H
#define KEYRITE_TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Once, before the first input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
/* One input; always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding, as an overflow is one. */
#define HOLDS(condition, sentence)                                                                 \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, sentence);                          \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* An input taken off its beginning; past its end everything is 0. */
struct input {
    const uint8_t *at;
    size_t left;
};
static inline uint8_t input_byte(struct input *in)
{
    if (in->left == 0)
        return 0;
    in->left--;
    return *in->at++;
}
/* At most len bytes, *len is how many. */
static inline const uint8_t *input_bytes(struct input *in, size_t *len)
{
    const uint8_t *bytes = in->at;

    if (*len > in->left)
        *len = in->left;
    in->at += *len;
    in->left -= *len;
    return bytes;
}
/* A length byte and so many bytes. */
static inline const uint8_t *input_counted(struct input *in, size_t *len)
{
    *len = input_byte(in);
    return input_bytes(in, len);
}
/* The bytes with a NUL behind; the caller frees it. */
static inline char *input_text(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    HOLDS(text, "no memory");
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

#endif
