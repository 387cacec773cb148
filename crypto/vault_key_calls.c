/* The console's side of keys and of cryptograms for cards. */
#include "vault_call.h"

enum kr_error vault_component(struct vault *v, vault_handle entry, const char *suite,
                              vault_handle *component, struct kcv *kcv)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_COMPONENT);
    wire_put_u32(&c.w, entry);
    wire_put_text(&c.w, suite);
    return vault_call_for_key(&c, component, kcv);
}

enum kr_error vault_combine(struct vault *v, const char *suite, const vault_handle *components,
                            size_t count, enum key_purpose purpose, vault_handle *key,
                            struct kcv *kcv)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_COMBINE);
    wire_put_text(&c.w, suite);
    wire_put_u8(&c.w, (uint8_t)purpose);
    wire_put_u32(&c.w, (uint32_t)count);
    for (size_t i = 0; i < count; i++)
        wire_put_u32(&c.w, components[i]);
    return vault_call_for_key(&c, key, kcv);
}

enum kr_error vault_random(struct vault *v, const char *suite, enum key_purpose purpose,
                           vault_handle *key, struct kcv *kcv)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_RANDOM);
    wire_put_text(&c.w, suite);
    wire_put_u8(&c.w, (uint8_t)purpose);
    return vault_call_for_key(&c, key, kcv);
}

enum kr_error vault_diversify(struct vault *v, vault_handle key, const uint8_t *factors8,
                              size_t count, enum key_purpose purpose, vault_handle *derived,
                              struct kcv *kcv)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_DIVERSIFY);
    wire_put_u32(&c.w, key);
    wire_put_bytes(&c.w, factors8, 8 * count);
    wire_put_u8(&c.w, (uint8_t)purpose);
    return vault_call_for_key(&c, derived, kcv);
}

enum kr_error vault_prepare(struct vault *v, const vault_handle *keys, size_t key_count,
                            const uint8_t *factors8, size_t count)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_PREPARE);
    wire_put_u32(&c.w, (uint32_t)key_count);
    for (size_t i = 0; i < key_count; i++)
        wire_put_u32(&c.w, keys[i]);
    wire_put_bytes(&c.w, factors8, 8 * count);
    vault_call_run(&c, -1);
    return vault_call_end(&c);
}

enum kr_error vault_kcv(struct vault *v, vault_handle key, struct kcv *kcv)
{
    struct vault_call c;
    *kcv = (struct kcv){.len = 0};
    vault_call_begin(&c, v, VAULT_OP_KCV);
    wire_put_u32(&c.w, key);
    if (vault_call_run(&c, -1))
        vault_get_kcv(&c.w, kcv);
    return vault_call_end(&c);
}

enum kr_error vault_store_key(struct vault *v, vault_handle key, const char *label, uint8_t *blob,
                              size_t *blob_len)
{
    struct vault_call c;
    *blob_len = VAULT_BLOB_MAX;
    vault_call_begin(&c, v, VAULT_OP_STORE_KEY);
    wire_put_u32(&c.w, key);
    wire_put_text(&c.w, label);
    return vault_call_for_upto(&c, blob, blob_len);
}

enum kr_error vault_load_key(struct vault *v, const uint8_t *blob, size_t blob_len,
                             const char *label, vault_handle *key, struct kcv *kcv)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_LOAD_KEY);
    wire_put_bytes(&c.w, blob, blob_len);
    wire_put_text(&c.w, label);
    return vault_call_for_key(&c, key, kcv);
}

enum kr_error vault_cryptogram(struct vault *v, vault_handle key, const uint8_t in[8],
                               uint8_t out[8])
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_CRYPTOGRAM);
    wire_put_u32(&c.w, key);
    wire_put_bytes(&c.w, in, 8);
    return vault_call_for_bytes(&c, out, 8);
}

enum kr_error vault_proof(struct vault *v, vault_handle key, const uint8_t factor[8],
                          const uint8_t in[8], uint8_t out[8])
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_PROOF);
    wire_put_u32(&c.w, key);
    wire_put_bytes(&c.w, factor, 8);
    wire_put_bytes(&c.w, in, 8);
    return vault_call_for_bytes(&c, out, 8);
}

enum kr_error vault_wrap(struct vault *v, vault_handle wrapping, vault_handle payload,
                         const uint8_t *prefix, size_t prefix_len, const uint8_t *mac_header,
                         size_t mac_header_len, const uint8_t iv[8], uint8_t *out, size_t *out_len)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_WRAP);
    wire_put_u32(&c.w, wrapping);
    wire_put_u32(&c.w, payload);
    wire_put_bytes(&c.w, prefix, prefix_len);
    wire_put_bytes(&c.w, mac_header, mac_header_len);
    wire_put_bytes(&c.w, iv, 8);
    return vault_call_for_upto(&c, out, out_len);
}

enum kr_error vault_unwrap(struct vault *v, vault_handle wrapping, const char *suite,
                           enum key_purpose purpose, const uint8_t *prefix, size_t prefix_len,
                           const uint8_t *mac_header, size_t mac_header_len, const uint8_t iv[8],
                           const uint8_t *in, size_t in_len, vault_handle *key, struct kcv *kcv)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_UNWRAP);
    wire_put_u32(&c.w, wrapping);
    wire_put_text(&c.w, suite);
    wire_put_u8(&c.w, (uint8_t)purpose);
    wire_put_bytes(&c.w, prefix, prefix_len);
    wire_put_bytes(&c.w, mac_header, mac_header_len);
    wire_put_bytes(&c.w, iv, 8);
    wire_put_bytes(&c.w, in, in_len);
    return vault_call_for_key(&c, key, kcv);
}

enum kr_error vault_tac(struct vault *v, vault_handle key, const uint8_t *data, size_t len,
                        uint8_t tac[4])
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_TAC);
    wire_put_u32(&c.w, key);
    wire_put_bytes(&c.w, data, len);
    return vault_call_for_bytes(&c, tac, 4);
}

enum kr_error vault_load_mac(struct vault *v, vault_handle key, const uint8_t random[4],
                             const uint8_t counter[2], const uint8_t *data, size_t len,
                             uint8_t mac[4])
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_LOAD_MAC);
    wire_put_u32(&c.w, key);
    wire_put_bytes(&c.w, random, 4);
    wire_put_bytes(&c.w, counter, 2);
    wire_put_bytes(&c.w, data, len);
    return vault_call_for_bytes(&c, mac, 4);
}

enum kr_error vault_secure_message(struct vault *v, vault_handle key, bool encrypt,
                                   const uint8_t *header, size_t header_len, const uint8_t iv[8],
                                   const uint8_t *data, size_t len, uint8_t *out, size_t *out_len)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_SECURE_MESSAGE);
    wire_put_u32(&c.w, key);
    wire_put_u8(&c.w, encrypt);
    wire_put_bytes(&c.w, header, header_len);
    wire_put_bytes(&c.w, iv, 8);
    wire_put_bytes(&c.w, data, len);
    return vault_call_for_upto(&c, out, out_len);
}

enum kr_error vault_block_wrap(struct vault *v, vault_handle protection, vault_handle key,
                               const struct key_block_head *wanted, char *block, size_t room)
{
    struct vault_call c;
    block[0] = '\0';
    vault_call_begin(&c, v, VAULT_OP_BLOCK_WRAP);
    wire_put_u32(&c.w, protection);
    wire_put_u32(&c.w, key);
    wire_put_text(&c.w, wanted->usage);
    wire_put_u8(&c.w, (uint8_t)wanted->mode);
    wire_put_text(&c.w, wanted->key_version);
    wire_put_u8(&c.w, (uint8_t)wanted->exportability);
    if (vault_call_run(&c, -1))
        wire_get_text(&c.w, block, room);
    return vault_call_end(&c);
}

enum kr_error vault_block_unwrap(struct vault *v, vault_handle protection, const char *block,
                                 size_t len, enum key_purpose purpose, vault_handle *key,
                                 struct kcv *kcv)
{
    struct vault_call c;
    vault_call_begin(&c, v, VAULT_OP_BLOCK_UNWRAP);
    wire_put_u32(&c.w, protection);
    wire_put_bytes(&c.w, block, len);
    wire_put_u8(&c.w, (uint8_t)purpose);
    return vault_call_for_key(&c, key, kcv);
}
