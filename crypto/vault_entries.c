/* The operations on typed entries, by handle; and the lane on which a PIN goes to the card process.
 */
#include "vault_service.h"

#include <string.h>
#include <unistd.h>

enum kr_error handle_entry_open(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct secret_entry_spec spec;
    vault_get_spec(in, &spec);
    enum kr_error err = wire_end(in);
    if (err)
        return err;
    struct vault_object *o = vault_object_new(s, VAULT_ENTRY);
    if (!o)
        return KR_E_MEMORY;
    err = typed_entry_open(&o->entry, &spec);
    if (err)
        vault_object_drop(o);
    else
        wire_put_u32(out, o->handle);
    return err;
}

enum kr_error handle_draw_pin(struct vault_service *s, struct wire *in, struct wire *out)
{
    const struct secret_entry_spec spec = {.kind = ENTRY_PIN};
    size_t digits = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (err)
        return err;
    struct vault_object *o = vault_object_new(s, VAULT_ENTRY);
    if (!o)
        return KR_E_MEMORY;
    err = typed_entry_open(&o->entry, &spec);
    if (!err)
        err = typed_entry_draw_pin(&o->entry, digits);
    if (err)
        vault_object_drop(o);
    else
        wire_put_u32(out, o->handle);
    return err;
}

static void put_entry(struct wire *out, const struct typed_entry *e)
{
    struct secret_entry_state state;
    typed_entry_state(e, &state);
    vault_put_state(out, &state);
}

enum kr_error handle_entry_key(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct typed_entry *e;
    vault_handle h = wire_get_u32(in);
    uint8_t byte = wire_get_u8(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_entry_find(s, h, &e);
    if (err)
        return err;
    err = typed_entry_key(e, byte);
    put_entry(out, e);
    return err;
}

enum kr_error handle_entry_block(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct typed_entry *e;
    vault_handle h = wire_get_u32(in);
    size_t block = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_entry_find(s, h, &e);
    if (err)
        return err;
    err = typed_entry_block(e, block);
    put_entry(out, e);
    return err;
}

enum kr_error handle_entry_state(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct typed_entry *e;
    vault_handle h = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_entry_find(s, h, &e);
    if (!err)
        put_entry(out, e);
    return err;
}

enum kr_error handle_entry_compare(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct typed_entry *first;
    struct typed_entry *second;
    vault_handle h1 = wire_get_u32(in);
    vault_handle h2 = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_entry_find(s, h1, &first);
    if (!err)
        err = vault_entry_find(s, h2, &second);
    if (err)
        return err;
    err = typed_entry_compare(first, second);
    put_entry(out, second);
    return err;
}

/* Stops at a block that its check letter refutes: what follows would be typed over it. */
static enum kr_error type_one(struct typed_entry *e, uint8_t byte)
{
    size_t block = e->block;
    bool wrong_before = block < e->blocks && e->state[block] == BLOCK_WRONG;
    enum kr_error err = typed_entry_key(e, byte);
    if (!err && !wrong_before && block < e->blocks && e->state[block] == BLOCK_WRONG)
        err = kr_fail(KR_E_ENTRY_BLOCK, "%zu", block + 1);
    return err;
}

enum kr_error handle_entry_type(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct typed_entry *e;
    size_t len;
    vault_handle h = wire_get_u32(in);
    const uint8_t *text = wire_get_bytes(in, &len);
    enum kr_error err = wire_end(in);
    if (!err)
        err = vault_entry_find(s, h, &e);
    if (err)
        return err;
    for (size_t i = 0; i < len && !err; i++)
        err = type_one(e, text[i]);
    put_entry(out, e);
    return err;
}

enum kr_error handle_lane(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    enum kr_error err = wire_end(in);
    if (err)
        return err;
    if (s->received < 0)
        return kr_fail(KR_E_ARGUMENT, "lane");
    if (s->lane >= 0)
        close(s->lane);
    s->lane = s->received;
    s->received = -1;
    return KR_OK;
}

/* The PIN of a complete entry in that many bytes; with_all: none of them is filling. */
static enum kr_error put_pin(struct vault_service *s, vault_handle h, size_t len, bool with_all,
                             uint8_t *out)
{
    struct typed_entry *e;
    struct secret *pin = NULL;
    enum kr_error err = vault_entry_complete(s, h, ENTRY_PIN, &e);
    if (!err && with_all && e->len != 2 * len)
        err = kr_fail(KR_E_ARGUMENT, "PIN");
    if (!err)
        err = typed_entry_pin(e, len, &pin);
    if (!err)
        memcpy(out, pin->bytes, len);
    secret_free(&pin);
    return err;
}

static enum kr_error send_on_lane(struct vault_service *s, uint32_t tag, const uint8_t *pins,
                                  size_t len)
{
    uint8_t message[4 + VAULT_PIN_CHANGE_MAX];
    if (s->lane < 0)
        return kr_fail(KR_E_ARGUMENT, "lane");
    for (size_t i = 0; i < 4; i++)
        message[i] = (uint8_t)(tag >> (24 - 8 * i));
    memcpy(message + 4, pins, len);
    enum kr_error err = child_send(s->lane, message, 4 + len, -1);
    secret_wipe(message, sizeof message);
    return err;
}

enum kr_error handle_send_pin(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    uint8_t pin[VAULT_PIN_LEN];
    vault_handle h = wire_get_u32(in);
    uint32_t tag = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (!err)
        err = put_pin(s, h, sizeof pin, false, pin);
    if (!err)
        err = send_on_lane(s, tag, pin, sizeof pin);
    secret_wipe(pin, sizeof pin);
    return err;
}

enum kr_error handle_send_pin_change(struct vault_service *s, struct wire *in, struct wire *out)
{
    (void)out;
    uint8_t pins[VAULT_PIN_CHANGE_MAX];
    vault_handle old_pin = wire_get_u32(in), new_pin = wire_get_u32(in);
    size_t len = wire_get_u32(in);
    uint32_t tag = wire_get_u32(in);
    enum kr_error err = wire_end(in);
    if (!err && (len < 2 || len > 6))
        err = kr_fail(KR_E_ARGUMENT, "PIN");
    if (!err)
        err = put_pin(s, old_pin, len, true, pins);
    if (!err)
        err = put_pin(s, new_pin, len, true, pins + len + 1);
    if (!err) {
        pins[len] = 0xFF;
        err = send_on_lane(s, tag, pins, 2 * len + 1);
    }
    secret_wipe(pins, sizeof pins);
    return err;
}
