/* Cryptograms, wrapped keys and secured messages for cards. Formats: ../shared/domain/cards.md
 * sections 1, 3. */
#include "vault_service.h"

#include <openssl/crypto.h>
#include <string.h>

#define WRAPPERS  (PURPOSE_BIT(PURPOSE_CONTROL) | PURPOSE_BIT(PURPOSE_TRANSPORT))
#define PROVERS   (PURPOSE_BIT(PURPOSE_CONTROL) | PURPOSE_BIT(PURPOSE_AUTH))
#define MESSENGER (PURPOSE_BIT(PURPOSE_MAINTENANCE) | PURPOSE_BIT(PURPOSE_CONTROL))

/* What every secured message begins with: the key, the command header that the MAC covers, the
 * challenge. */
struct securing {
    const struct vault_object *key;
    const uint8_t *header;
    size_t header_len;
    uint8_t iv[8];
};

static enum kr_error securing_key(struct vault_service *s, vault_handle h, unsigned purposes,
                                  struct securing *with)
{
    struct vault_object *o;
    enum kr_error err = vault_key_find(s, h, purposes, &o);
    if (!err && o->suite->block != sizeof with->iv)
        err = kr_fail(KR_E_SUITE, "%s", o->suite->id);
    with->key = o;
    return err;
}

static enum kr_error mac_over(const struct securing *with, const uint8_t *data, size_t len,
                              uint8_t mac[MAC_LEN])
{
    uint8_t text[2 * VAULT_DATA_MAX];
    if (with->header_len > VAULT_DATA_MAX || len > VAULT_DATA_MAX)
        return kr_fail(KR_E_TOO_LONG, "%zu", len);
    memcpy(text, with->header, with->header_len);
    memcpy(text + with->header_len, data, len);
    enum kr_error err =
        suite_mac(with->key->suite, with->key->key, with->iv, text, with->header_len + len, mac);
    secret_wipe(text, sizeof text);
    return err;
}

/* LD || prefix || value || 80 00.., encrypted; the record is at most VAULT_DATA_MAX bytes. */
static enum kr_error encrypt_record(const struct vault_object *key, const uint8_t *prefix,
                                    size_t prefix_len, const uint8_t *value, size_t value_len,
                                    uint8_t out[VAULT_DATA_MAX], size_t *out_len)
{
    size_t block = key->suite->block;
    size_t ld = prefix_len + value_len;
    size_t whole = (1 + ld) / block * block + block; /* padding is always added */
    if (ld > 255 || whole + MAC_LEN > VAULT_DATA_MAX)
        return kr_fail(KR_E_TOO_LONG, "%zu", ld);
    struct secret *record = secret_new(whole);
    if (!record)
        return KR_E_MEMORY;
    record->bytes[0] = (uint8_t)ld;
    if (prefix_len > 0)
        memcpy(record->bytes + 1, prefix, prefix_len);
    memcpy(record->bytes + 1 + prefix_len, value, value_len);
    record->bytes[1 + ld] = 0x80;
    enum kr_error err = suite_encrypt(key->suite, key->key, record->bytes, out, whole);
    secret_free(&record);
    *out_len = whole;
    return err;
}

/* The block that a card's challenge becomes under the key itself, or under the key derived by
 * factor. */
static enum kr_error encrypt_block(const struct suite *suite, const struct secret *key,
                                   const uint8_t block[8], struct wire *out)
{
    uint8_t result[8];
    enum kr_error err = suite_encrypt(suite, key, block, result, sizeof result);
    if (!err)
        wire_put_bytes(out, result, sizeof result);
    return err;
}

enum kr_error handle_cryptogram(struct vault_service *s, struct wire *in, struct wire *out)
{
    uint8_t block[8];
    struct securing with;
    vault_handle h = wire_get_u32(in);
    wire_get_exactly(in, block, sizeof block);
    enum kr_error err = wire_end(in);
    if (!err)
        err = securing_key(s, h, PROVERS, &with);
    return err ? err : encrypt_block(with.key->suite, with.key->key, block, out);
}

enum kr_error handle_proof(struct vault_service *s, struct wire *in, struct wire *out)
{
    uint8_t factor[8];
    uint8_t block[8];
    struct securing with;
    struct secret *derived = NULL;
    vault_handle h = wire_get_u32(in);
    wire_get_exactly(in, factor, sizeof factor);
    wire_get_exactly(in, block, sizeof block);
    enum kr_error err = wire_end(in);
    if (!err)
        err = securing_key(s, h, PURPOSES_WORKING, &with);
    if (!err && factor[0] != VAULT_PROOF_MARK)
        err = kr_fail(KR_E_ARGUMENT, "factor");
    if (!err)
        err = suite_diversify(with.key->suite, with.key->key, factor, &derived);
    if (!err)
        err = encrypt_block(with.key->suite, derived, block, out);
    secret_free(&derived);
    return err;
}

/* ---- keys on their way into and out of cards ---- */

struct prefix {
    const uint8_t *bytes;
    size_t len;
};

/* The fields that wrap and unwrap share. The prefix stays within the first block, whose first byte
 * is LD: no block of the ciphertext is then of the caller's choosing. */
static enum kr_error read_securing(struct vault_service *s, struct wire *in, vault_handle h,
                                   struct securing *with, struct prefix *prefix)
{
    prefix->bytes = wire_get_bytes(in, &prefix->len);
    with->header = wire_get_bytes(in, &with->header_len);
    wire_get_exactly(in, with->iv, sizeof with->iv);
    if (in->broken)
        return wire_end(in);
    enum kr_error err = securing_key(s, h, WRAPPERS, with);
    if (!err && prefix->len >= with->key->suite->block)
        err = kr_fail(KR_E_ARGUMENT, "prefix");
    return err;
}

/* A key other than a component, or the PIN of a complete entry. *value is the caller's. */
static enum kr_error payload_value(struct vault_service *s, vault_handle h, struct secret **value)
{
    struct typed_entry *entry;
    struct vault_object *key;
    if (vault_entry_find(s, h, &entry) == KR_OK) {
        enum kr_error err = vault_entry_complete(s, h, ENTRY_PIN, &entry);
        return err ? err : typed_entry_pin(entry, 0, value);
    }
    enum kr_error err = vault_key_find(s, h, PURPOSES_WORKING, &key);
    if (!err)
        err = vault_may_leave(key);
    if (err)
        return err;
    *value = secret_duplicate(key->key);
    return *value ? KR_OK : KR_E_MEMORY;
}

/* Nothing of ours under a key that the manufacturer knows, but what replaces it; and no such key
 * onto a card of ours, where it would open what is ours. */
static enum kr_error may_go_under(struct vault_service *s, const struct vault_object *wrapping,
                                  vault_handle payload)
{
    struct vault_object *key = NULL;
    bool known = vault_key_find(s, payload, PURPOSES_WORKING, &key) == KR_OK;
    bool control = known && key->purpose == PURPOSE_CONTROL;
    if (known && key->use != USE_BY_PURPOSE)
        return kr_fail(KR_E_KEY_PURPOSE, "%s", key->use == USE_UNWRAPS ? "kMtk" : "kMprd");
    if (wrapping->use == USE_UNWRAPS || (wrapping->use == USE_REPLACED && !control))
        return kr_fail(KR_E_KEY_PURPOSE, "%s", wrapping->use == USE_UNWRAPS ? "kMtk" : "kMprd");
    return KR_OK;
}

enum kr_error handle_wrap(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct securing with;
    struct prefix prefix;
    struct secret *value = NULL;
    uint8_t data[VAULT_DATA_MAX];
    size_t len = 0;
    vault_handle wrapping = wire_get_u32(in);
    vault_handle payload = wire_get_u32(in);
    enum kr_error err = read_securing(s, in, wrapping, &with, &prefix);
    if (!err)
        err = wire_end(in);
    if (!err)
        err = may_go_under(s, with.key, payload);
    if (!err)
        err = payload_value(s, payload, &value);
    if (!err)
        err = encrypt_record(with.key, prefix.bytes, prefix.len, value->bytes, value->len, data,
                             &len);
    if (!err)
        err = mac_over(&with, data, len, data + len);
    if (!err)
        wire_put_bytes(out, data, len + MAC_LEN);
    secret_free(&value);
    return err;
}

/* The record must be exactly LD || prefix || a key of the suite || 80 00... */
static enum kr_error take_value(const struct secret *record, const struct prefix *prefix,
                                size_t key_len, struct secret **value)
{
    size_t ld = prefix->len + key_len;
    bool sound = record->len > 1 + ld && record->bytes[0] == ld &&
                 memcmp(record->bytes + 1, prefix->bytes, prefix->len) == 0 &&
                 record->bytes[1 + ld] == 0x80;
    for (size_t i = 2 + ld; sound && i < record->len; i++)
        sound = record->bytes[i] == 0;
    if (!sound)
        return kr_fail(KR_E_SEAL_BROKEN, "LD");
    *value = secret_from(record->bytes + 1 + prefix->len, key_len);
    return *value ? KR_OK : KR_E_MEMORY;
}

static enum kr_error open_record(const struct securing *with, const struct prefix *prefix,
                                 const struct suite *suite, const uint8_t *data, size_t len,
                                 struct secret **value)
{
    uint8_t mac[MAC_LEN];
    size_t block = with->key->suite->block;
    if (len < block + MAC_LEN || len > VAULT_DATA_MAX || (len - MAC_LEN) % block != 0)
        return kr_fail(KR_E_SEAL_BROKEN, "%zu", len);
    len -= MAC_LEN;
    enum kr_error err = mac_over(with, data, len, mac);
    if (!err && CRYPTO_memcmp(mac, data + len, MAC_LEN) != 0)
        err = kr_fail(KR_E_SEAL_BROKEN, "MAC");
    if (err)
        return err;
    struct secret *record = secret_new(len);
    if (!record)
        return KR_E_MEMORY;
    err = suite_decrypt(with->key->suite, with->key->key, data, record->bytes, len);
    if (!err)
        err = take_value(record, prefix, suite->key_len, value);
    secret_free(&record);
    return err;
}

enum kr_error handle_unwrap(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct securing with;
    struct prefix prefix;
    struct secret *value = NULL;
    char id[16];
    size_t len;
    vault_handle wrapping = wire_get_u32(in);
    wire_get_text(in, id, sizeof id);
    unsigned purpose = wire_get_u8(in);
    const struct suite *suite = suite_by_id(id);
    enum kr_error err = read_securing(s, in, wrapping, &with, &prefix);
    const uint8_t *data = wire_get_bytes(in, &len);
    if (!err)
        err = wire_end(in);
    if (!err && !suite)
        err = kr_fail(KR_E_SUITE, "%s", id);
    if (!err && !(purpose <= PURPOSE_COMPONENT && (PURPOSE_BIT(purpose) & PURPOSES_WORKING)))
        err = kr_fail(KR_E_KEY_PURPOSE, "component");
    if (!err)
        err = open_record(&with, &prefix, suite, data, len, &value);
    if (!err)
        err = suite_check_key(suite, value);
    if (!err)
        err = vault_key_keep(s, suite, (enum key_purpose)purpose, &value, out);
    secret_free(&value);
    return err;
}

/* ---- secured file commands ---- */

enum kr_error handle_secure_message(struct vault_service *s, struct wire *in, struct wire *out)
{
    struct securing with;
    uint8_t message[VAULT_DATA_MAX];
    size_t len;
    vault_handle h = wire_get_u32(in);
    bool encrypt = wire_get_u8(in) != 0;
    with.header = wire_get_bytes(in, &with.header_len);
    wire_get_exactly(in, with.iv, sizeof with.iv);
    const uint8_t *data = wire_get_bytes(in, &len);
    enum kr_error err = wire_end(in);
    if (!err)
        err = securing_key(s, h, MESSENGER, &with);
    if (!err && len > VAULT_DATA_MAX - MAC_LEN)
        err = kr_fail(KR_E_TOO_LONG, "%zu", len);
    if (!err && encrypt)
        err = encrypt_record(with.key, NULL, 0, data, len, message, &len);
    else if (!err)
        memcpy(message, data, len);
    if (!err)
        err = mac_over(&with, message, len, message + len);
    if (!err)
        wire_put_bytes(out, message, len + MAC_LEN);
    return err;
}
