/* The console's side of slots made anew and shares dealt anew. */
#include "vault_call.h"

#include <string.h>

enum kr_error vault_renew_begin(struct vault *v, unsigned quorum, unsigned holders,
                                uint32_t sharing)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_RENEW_BEGIN);
    wire_put_u32(&c.w, quorum);
    wire_put_u32(&c.w, holders);
    wire_put_u32(&c.w, sharing);
    vault_call_run(&c, -1);
    return vault_call_end(&c);
}

enum kr_error vault_renew_slot(struct vault *v, const char *person, vault_handle passphrase,
                               const struct kdf_cost *cost, const uint8_t founding[32],
                               const struct slot *old, struct slot *slot)
{
    static const struct slot none;
    struct vault_call c;
    memset(slot, 0, sizeof *slot);
    vault_call_begin(&c, v, VAULT_OP_RENEW_SLOT);
    wire_put_text(&c.w, person);
    wire_put_u32(&c.w, passphrase);
    vault_put_cost(&c.w, cost);
    wire_put_bytes(&c.w, founding, 32);
    vault_put_slot(&c.w, old ? old : &none);
    if (vault_call_run(&c, -1))
        vault_get_slot(&c.w, slot);
    return vault_call_end(&c);
}

enum kr_error vault_renew_share(struct vault *v, uint8_t share_index, struct slot *slot)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_RENEW_SHARE);
    wire_put_u8(&c.w, share_index);
    vault_put_slot(&c.w, slot);
    if (vault_call_run(&c, -1))
        vault_get_slot(&c.w, slot);
    return vault_call_end(&c);
}

enum kr_error vault_renew_material(struct vault *v, const char *label, uint8_t *blob,
                                   size_t *blob_len)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_RENEW_MATERIAL);
    wire_put_bytes(&c.w, blob, *blob_len);
    wire_put_text(&c.w, label);
    *blob_len = VAULT_BLOB_MAX;
    return vault_call_for_upto(&c, blob, blob_len);
}

enum kr_error vault_renew_prove(struct vault *v, unsigned *sets)
{
    struct vault_call c;
    *sets = 0;
    vault_call_begin(&c, v, VAULT_OP_RENEW_PROVE);
    if (vault_call_run(&c, -1))
        *sets = wire_get_u32(&c.w);
    return vault_call_end(&c);
}

enum kr_error vault_renew_done(struct vault *v)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_RENEW_DONE);
    vault_call_run(&c, -1);
    return vault_call_end(&c);
}

void vault_renew_cancel(struct vault *v)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_RENEW_CANCEL);
    vault_call_run(&c, -1);
    (void)vault_call_end(&c);
}
