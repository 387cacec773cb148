/* Fields of messages between processes, as both sides read them: the first byte says which. */
#include "fuzz.h"

#include "../../crypto/vault_message.h"

static union {
    struct kcv kcv;
    struct kdf_cost cost;
    struct slot slot;
    struct secret_entry_spec spec;
    struct secret_entry_state state;
    struct vault_presence presence;
} field;

static void get(struct wire *w, uint8_t which)
{
    memset(&field, 0, sizeof field);
    switch (which) {
    case 0:
        vault_get_kcv(w, &field.kcv);
        break;
    case 1:
        vault_get_cost(w, &field.cost);
        break;
    case 2:
        vault_get_slot(w, &field.slot);
        break;
    case 3:
        vault_get_spec(w, &field.spec);
        break;
    case 4:
        vault_get_state(w, &field.state);
        break;
    default:
        vault_get_presence(w, &field.presence);
    }
}

static void put(struct wire *w, uint8_t which)
{
    switch (which) {
    case 0:
        vault_put_kcv(w, &field.kcv);
        break;
    case 1:
        vault_put_cost(w, &field.cost);
        break;
    case 2:
        vault_put_slot(w, &field.slot);
        break;
    case 3:
        vault_put_spec(w, &field.spec);
        break;
    case 4:
        vault_put_state(w, &field.state);
        break;
    default:
        vault_put_presence(w, &field.presence);
    }
}

/* A flag may come as any byte and goes out as 0 or 1: so from the second time on it is the same. */
static void comes_back(struct wire *w, uint8_t which)
{
    uint8_t first[1024], second[1024];
    struct wire out, in;

    get(w, which);
    if (wire_end(w) != KR_OK)
        return;
    wire_begin(&out, first, sizeof first);
    put(&out, which);
    HOLDS(wire_end(&out) == KR_OK, "it cannot be written");
    size_t len = out.len;
    wire_read(&in, first, len);
    get(&in, which);
    HOLDS(wire_end(&in) == KR_OK, "what was written cannot be read");
    wire_begin(&out, second, sizeof second);
    put(&out, which);
    HOLDS(out.len == len && memcmp(first, second, len) == 0, "it comes back another one");
}

/* Fields one after the other, by the first bytes of the message. */
static void mixed(struct wire *w)
{
    char text[24];
    size_t len;

    for (int i = 0; i < 64 && !w->broken; i++)
        switch (wire_get_u8(w) % 5) {
        case 0:
            (void)wire_get_u32(w);
            break;
        case 1:
            (void)wire_get_u64(w);
            break;
        case 2:
            HOLDS(wire_get_bytes(w, &len) || len == 0, "bytes out of nothing");
            break;
        case 3:
            wire_get_text(w, text, sizeof text);
            HOLDS(memchr(text, 0, sizeof text), "a text has no end");
            break;
        default:
            len = sizeof text;
            wire_get_upto(w, (uint8_t *)text, &len);
            HOLDS(len <= sizeof text, "more than there is room for");
        }
    HOLDS(w->at <= w->len, "read past the end");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct wire w;

    if (size == 0)
        return 0;
    char *copy = malloc(size);
    HOLDS(copy, "no memory");
    memcpy(copy, data + 1, size - 1);
    wire_read(&w, (uint8_t *)copy, size - 1);
    if (data[0] % 7 == 6)
        mixed(&w);
    else
        comes_back(&w, data[0] % 7);
    free(copy);
    return 0;
}
