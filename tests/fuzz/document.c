/* Papers on their way to the program that draws them. */
#include "fuzz.h"

#include "../../store/report/document.h"

static void written(const struct document *d, char **text, size_t *len)
{
    FILE *out = open_memstream(text, len);

    HOLDS(out, "no stream");
    HOLDS(document_write(d, out) == KR_OK, "a paper that was read cannot be written");
    fclose(out);
}

/* A line's style and whether it is joined may be told anew; from the second time on it is the same.
 */
static void comes_back(const struct document *d)
{
    struct document again;
    char *first = NULL, *second = NULL, *words = NULL;
    size_t first_len = 0, second_len = 0, words_len = 0;

    written(d, &first, &first_len);
    FILE *in = fmemopen(first, first_len, "rb");
    HOLDS(in && document_read(&again, in) == KR_OK, "a paper that was written cannot be read");
    fclose(in);
    written(&again, &second, &second_len);
    HOLDS(first_len == second_len && memcmp(first, second, first_len) == 0,
          "it comes back another one");
    HOLDS(document_text(&again, &words, &words_len) == KR_OK && words[words_len] == '\0',
          "it has no words");
    document_free(&again);
    free(words);
    free(second);
    free(first);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct document d;

    if (size == 0)
        return 0;
    FILE *in = fmemopen((void *)(uintptr_t)data, size, "rb");
    HOLDS(in, "no stream");
    enum kr_error err = document_read(&d, in);
    fclose(in);
    HOLDS(d.count <= size, "a paper has more lines than there are");
    if (err == KR_OK)
        comes_back(&d);
    document_free(&d);
    return 0;
}
