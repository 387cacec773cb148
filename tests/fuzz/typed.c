/*
 * Secrets as they are typed: kind, digits and whether there are check letters, then keys. F0 to FF
 * go to a block, EF compares with what a second hand has typed so far.
 */
#include "fuzz.h"

#include "../../crypto/hash.h"
#include "../../crypto/vault_entry.h"
#include "../../store/body.h"

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    HOLDS(secret_heap_open() == KR_OK, "no locked memory");
    return 0;
}

static void look(const struct typed_entry *e)
{
    struct secret_entry_state s;

    typed_entry_state(e, &s);
    HOLDS(s.blocks <= ENTRY_BLOCKS_MAX && s.block <= s.blocks, "the cursor is nowhere");
    HOLDS(s.wanted == 0 || s.typed <= s.wanted, "more is typed than is wanted");
    HOLDS(s.complete == (typed_entry_complete(e) == KR_OK), "complete and not complete");
}

/* Typed again from what came out, it is the same component. */
static void retype(const struct typed_entry *e, const struct secret *component)
{
    char hex[2 * 64 + 1];
    struct typed_entry second;
    struct secret_entry_spec plain = e->spec;
    struct secret *again = NULL;

    plain.check_letters = false;
    HOLDS(component->len * 2 == e->spec.digits && component->len <= 64, "it has another length");
    hex_encode(component->bytes, component->len, hex);
    HOLDS(typed_entry_open(&second, &plain) == KR_OK, "no second entry");
    for (const char *c = hex; *c; c++)
        HOLDS(typed_entry_key(&second, (uint8_t)*c) == KR_OK, "a digit is not taken");
    HOLDS(typed_entry_component(&second, &again) == KR_OK && secret_equal(component, again),
          "typed again it is another one");
    secret_free(&again);
    typed_entry_close(&second);
}

static void take_out(struct typed_entry *e)
{
    struct secret *s = NULL;

    if (typed_entry_complete(e) != KR_OK)
        return;
    enum kr_error err = e->spec.kind == ENTRY_PASSPHRASE  ? typed_entry_passphrase(e, &s)
                        : e->spec.kind == ENTRY_COMPONENT ? typed_entry_component(e, &s)
                                                          : typed_entry_pin(e, 8, &s);

    HOLDS((err == KR_OK) == (s != NULL), "an error and a secret, or neither");
    HOLDS(err == KR_OK, "complete, and cannot be taken out");
    if (s && e->spec.kind == ENTRY_PASSPHRASE)
        HOLDS(utf8_is_valid((const char *)s->bytes, s->len), "a passphrase is no text");
    if (s && e->spec.kind == ENTRY_COMPONENT)
        retype(e, s);
    secret_free(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input in = {data, size};
    struct secret_entry_spec spec = {.kind = (enum secret_entry_kind)(input_byte(&in) % 4)};
    struct typed_entry first, second;

    spec.digits = input_byte(&in);
    spec.check_letters = input_byte(&in) & 1;
    if (typed_entry_open(&first, &spec) != KR_OK)
        return 0;
    HOLDS(typed_entry_open(&second, &spec) == KR_OK, "the same cannot be opened twice");
    while (in.left > 0) {
        uint8_t key = input_byte(&in);
        if (key >= 0xF0)
            (void)typed_entry_block(&first, key - 0xF0u);
        else if (key == 0xEF)
            (void)typed_entry_compare(&second, &first);
        else
            (void)typed_entry_key(&first, key);
        if (key % 3 == 0)
            (void)typed_entry_key(&second, key);
        look(&first);
    }
    take_out(&first);
    typed_entry_close(&first);
    typed_entry_close(&second);
    return 0;
}
