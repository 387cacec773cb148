/* Checkpoints: as text, as compact text, as short form. The first byte says which. */
#include "fuzz.h"

#include "../../store/checkpoint_lines.h"

#define ORIGIN "keyrite.example/national/0571"

static void as_text(const char *text, size_t len)
{
    static const uint8_t key[32] = {9};
    static char body[CHECKPOINT_MAX], note[CHECKPOINT_MAX], again[CHECKPOINT_MAX];
    char compact[CHECKPOINT_COMPACT_MAX], second[CHECKPOINT_COMPACT_MAX],
        form[CHECKPOINT_SHORT_MAX];
    struct checkpoint c;
    size_t body_len = 0;
    uint64_t time = 0;
    uint8_t signature[64];

    if (checkpoint_parse(text, len, &c) != KR_OK)
        return;
    HOLDS(checkpoint_body(&c, body, sizeof body, &body_len) == KR_OK, "it cannot be encoded");
    HOLDS(body_len <= len && memcmp(body, text, body_len) == 0, "it is encoded otherwise");
    (void)checkpoint_verify(text, len, c.origin, CHECKPOINT_BY_LOG, key, &time);
    (void)checkpoint_verify(text, len, ORIGIN "/person/kate", 4, key, &time);
    (void)checkpoint_log_signature(text, len, c.origin, key, signature);
    HOLDS(checkpoint_short_form(&c, form, sizeof form) == KR_OK, "it has no short form");
    if (checkpoint_compact(text, len, compact) != KR_OK)
        return;
    HOLDS(checkpoint_compact_read(compact, strlen(compact), c.origin, note) == KR_OK,
          "what was made compact cannot be read");
    HOLDS(checkpoint_compact(note, strlen(note), second) == KR_OK && strcmp(compact, second) == 0,
          "it comes back another one");
    HOLDS(checkpoint_compact_read(second, strlen(second), c.origin, again) == KR_OK &&
              strcmp(note, again) == 0,
          "the note comes back another one");
}

static void as_compact(const char *text, size_t len)
{
    static char note[CHECKPOINT_MAX];
    char compact[CHECKPOINT_COMPACT_MAX];
    struct checkpoint c;

    if (checkpoint_compact_read(text, len, ORIGIN, note) != KR_OK)
        return;
    HOLDS(checkpoint_parse(note, strlen(note), &c) == KR_OK, "it stands for no checkpoint");
    HOLDS(checkpoint_compact(note, strlen(note), compact) == KR_OK &&
              strncmp(compact, text, strlen(compact)) == 0,
          "it is encoded otherwise");
}

static void as_short(const char *text, size_t len)
{
    char form[CHECKPOINT_SHORT_MAX], again[CHECKPOINT_SHORT_MAX], letters[20];
    uint64_t size = 0, size_again = 1;

    (void)checkpoint_letters_read(text, len, letters);
    if (checkpoint_short_read(text, len, &size, form) != KR_OK)
        return;
    HOLDS(checkpoint_short_read(form, strlen(form), &size_again, again) == KR_OK &&
              size == size_again && strcmp(form, again) == 0,
          "the one form of it is another one");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    char *text = malloc(size);
    HOLDS(text, "no memory");
    memcpy(text, data + 1, size - 1);
    switch (data[0] % 3) {
    case 0:
        as_text(text, size - 1);
        break;
    case 1:
        as_compact(text, size - 1);
        break;
    default:
        as_short(text, size - 1);
    }
    free(text);
    return 0;
}
