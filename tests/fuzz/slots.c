/* Slot files. The digest at the end is made right, or nothing but it would ever be tried. */
#include "fuzz.h"

#include "../../crypto/hash.h"
#include "../../store/slot_format.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    HOLDS(secret_heap_open() == KR_OK, "no locked memory");
    return 0;
}

static void comes_out_again(const struct slots *s, const uint8_t *bytes, size_t len)
{
    static const uint8_t zeros[32];
    static uint8_t again[SLOT_FILE_MAX];
    static struct slots second;
    struct secret *key = secret_from(zeros, sizeof zeros);
    size_t again_len = 0;

    HOLDS(key && slot_file_encode(s, key, again, &again_len) == KR_OK, "it cannot be encoded");
    HOLDS(again_len == len && memcmp(again, bytes, len - (size_t)2 * SHA256_LEN) == 0,
          "it is encoded otherwise");
    HOLDS(slot_file_decode(again, again_len, "again", &second) == KR_OK &&
              memcmp(s, &second, sizeof second) == 0,
          "it comes back another one");
    for (size_t i = 0; i < s->count; i++)
        HOLDS(slots_find(s, s->people[i].slot.person) == &s->people[i], "a person is not found");
    secret_free(&key);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct slots s;
    uint8_t *bytes = malloc(size ? size : 1);

    HOLDS(bytes, "no memory");
    if (size > 0)
        memcpy(bytes, data, size);
    if (size > SHA256_LEN)
        HOLDS(sha256(bytes, size - SHA256_LEN, bytes + size - SHA256_LEN) == KR_OK, "no digest");
    if (slot_file_decode(bytes, size, "fuzz", &s) == KR_OK)
        comes_out_again(&s, bytes, size);
    free(bytes);
    return 0;
}
