/* The console's side of people, slots and signatures. */
#include "vault_call.h"

#include <string.h>

enum kr_error vault_found(struct vault *v, unsigned quorum, unsigned holders)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_FOUND);
    wire_put_u32(&c.w, quorum);
    wire_put_u32(&c.w, holders);
    vault_call_run(&c, -1);
    return vault_call_end(&c);
}

enum kr_error vault_slot_make(struct vault *v, const char *person, vault_handle passphrase,
                              const struct kdf_cost *cost, uint8_t share_index, struct slot *slot)
{
    struct vault_call c;
    memset(slot, 0, sizeof *slot);
    vault_call_begin(&c, v, VAULT_OP_SLOT_MAKE);
    wire_put_text(&c.w, person);
    wire_put_u32(&c.w, passphrase);
    vault_put_cost(&c.w, cost);
    wire_put_u8(&c.w, share_index);
    if (vault_call_run(&c, -1))
        vault_get_slot(&c.w, slot);
    return vault_call_end(&c);
}

enum kr_error vault_slot_bind(struct vault *v, const uint8_t founding[32], struct slot *slot)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_SLOT_BIND);
    wire_put_bytes(&c.w, founding, 32);
    vault_put_slot(&c.w, slot);
    if (vault_call_run(&c, -1))
        vault_get_slot(&c.w, slot);
    return vault_call_end(&c);
}

enum kr_error vault_found_done(struct vault *v)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_FOUND_DONE);
    vault_call_run(&c, -1);
    return vault_call_end(&c);
}

static enum kr_error for_presence(struct vault_call *c, struct vault_presence *p)
{
    memset(p, 0, sizeof *p);
    if (vault_call_run(c, -1))
        vault_get_presence(&c->w, p);
    return vault_call_end(c);
}

enum kr_error vault_sign_in(struct vault *v, const struct slot *slot, vault_handle passphrase,
                            struct vault_presence *p)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_SIGN_IN);
    vault_put_slot(&c.w, slot);
    wire_put_u32(&c.w, passphrase);
    return for_presence(&c, p);
}

enum kr_error vault_sign_out(struct vault *v, const char *person, struct vault_presence *p)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_SIGN_OUT);
    wire_put_text(&c.w, person);
    return for_presence(&c, p);
}

enum kr_error vault_presence(struct vault *v, struct vault_presence *p)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_PRESENCE);
    return for_presence(&c, p);
}

enum kr_error vault_database_key(struct vault *v, struct secret **key32)
{
    struct vault_call c;
    struct secret *key = secret_new(32);
    *key32 = NULL;
    if (!key)
        return KR_E_MEMORY;
    vault_call_begin(&c, v, VAULT_OP_DATABASE_KEY);
    enum kr_error err = vault_call_for_bytes(&c, key->bytes, key->len);
    if (err)
        secret_free(&key);
    *key32 = key;
    return err;
}

enum kr_error vault_log_public(struct vault *v, uint8_t public_key[32])
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_LOG_PUBLIC);
    return vault_call_for_bytes(&c, public_key, 32);
}

enum kr_error vault_sign(struct vault *v, const char *person, const uint8_t *message, size_t len,
                         uint8_t sig[64])
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_SIGN);
    wire_put_text(&c.w, person);
    wire_put_bytes(&c.w, message, len);
    return vault_call_for_bytes(&c, sig, 64);
}

enum kr_error vault_sign_fresh(struct vault *v, const struct slot *slot, vault_handle passphrase,
                               const uint8_t *message, size_t len, uint8_t sig[64])
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_SIGN_FRESH);
    vault_put_slot(&c.w, slot);
    wire_put_u32(&c.w, passphrase);
    wire_put_bytes(&c.w, message, len);
    return vault_call_for_bytes(&c, sig, 64);
}

enum kr_error vault_approver_ready(struct vault *v, const struct slot *slot,
                                   vault_handle passphrase)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_APPROVER_READY);
    vault_put_slot(&c.w, slot);
    wire_put_u32(&c.w, passphrase);
    vault_call_run(&c, -1);
    return vault_call_end(&c);
}

enum kr_error vault_log_sign(struct vault *v, const uint8_t *message, size_t len, uint8_t sig[64])
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_LOG_SIGN);
    wire_put_bytes(&c.w, message, len);
    return vault_call_for_bytes(&c, sig, 64);
}
