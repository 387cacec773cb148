/* Journal entries: a leaf, and behind a NUL byte its body. */
#include "fuzz.h"

#include "../../store/body.h"

static void body(struct entry *e, const char *text, size_t len)
{
    static const uint8_t salt[32] = {7};
    static char value[ENTRY_BODY_MAX];
    bool good = body_check(text, len) == KR_OK;

    if (good)
        HOLDS(body_commitment(salt, text, len, e->body_hash) == KR_OK, "no commitment");
    enum kr_error err = entry_set_body(e, salt, text, len);
    HOLDS(!good || err == KR_OK || err == KR_E_TOO_LONG, "a body of the one form is refused");
    HOLDS(good || err != KR_OK, "a body of another form is taken");
    if (err)
        return;
    HOLDS(e->body_len == len && memcmp(e->body, text, len) == 0, "the body is another one");
    for (size_t n = 0; entry_get(e, "ceremony", n, value, sizeof value) == KR_OK; n++)
        HOLDS(utf8_is_valid(value, strlen(value)), "a value is no text");
    (void)entry_is_of(e, "ROOT-2026-001");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char leaf[ENTRY_LEAF_MAX];
    const uint8_t *end = size > 0 ? memchr(data, 0, size) : NULL;
    size_t len = end ? (size_t)(end - data) : size, leaf_len = 0;
    struct entry e = {0};

    if (entry_decode((const char *)data, len, &e) == KR_OK) {
        HOLDS(entry_leaf(&e, leaf, sizeof leaf, &leaf_len) == KR_OK, "it cannot be encoded");
        HOLDS(leaf_len == len && memcmp(leaf, data, len) == 0, "it is encoded otherwise");
        if (end)
            body(&e, (const char *)end + 1, size - len - 1);
    }
    entry_free(&e);
    return 0;
}
