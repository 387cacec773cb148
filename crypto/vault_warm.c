/* OpenSSL fetches algorithms, glibc loads libgcc_s for the end of a thread, and so on: on first
 * use, from files. */
#include "vault_service.h"
#include "hash.h"

#include <string.h>

static enum kr_error warm_digests(void)
{
    uint8_t digest[32];
    enum kr_error err = sha256("", 0, digest);
    if (!err)
        err = hmac_sha256(digest, sizeof digest, "", 0, digest);
    return err ? err : hkdf_sha256(digest, sizeof digest, "warm", digest, sizeof digest);
}

/* Two lanes: the second is a thread. */
static enum kr_error warm_passphrase(const struct secret *text)
{
    static const struct kdf_cost little = {.memory_kib = 64, .passes = 1, .lanes = 2};
    const uint8_t salt[16] = {0};
    struct secret *key = NULL;
    enum kr_error err = kdf_derive(text, salt, &little, &key);
    secret_free(&key);
    return err;
}

static enum kr_error warm_seal(const struct secret *key32)
{
    uint8_t blob[SEAL_OVERHEAD + 1];
    struct secret *plain = NULL;
    enum kr_error err = seal(key32, "warm", key32->bytes, 1, blob);
    if (!err)
        err = unseal(key32, "warm", blob, sizeof blob, &plain);
    secret_free(&plain);
    return err;
}

static enum kr_error warm_signature(const struct secret *seed)
{
    uint8_t public_key[32];
    uint8_t sig[64];
    enum kr_error err = sign_public(seed, public_key);
    if (!err)
        err = sign_make(seed, public_key, sizeof public_key, sig);
    return err ? err : sign_verify(public_key, public_key, sizeof public_key, sig);
}

static enum kr_error warm_box(const struct secret *private32)
{
    uint8_t public_key[32];
    uint8_t box[BOX_OVERHEAD + 1];
    struct secret *plain = NULL;
    enum kr_error err = box_public(private32, public_key);
    if (!err)
        err = box_seal(public_key, "warm", private32->bytes, 1, box);
    if (!err)
        err = box_open(private32, "warm", box, sizeof box, &plain);
    secret_free(&plain);
    return err;
}

/* As many keys as are derived on more than one core. */
static enum kr_error warm_threads(const struct suite *suite, const struct secret *key)
{
    static const uint8_t factors[8 * 1024];
    struct secret *derived = NULL;
    enum kr_error err = suite_diversify_many(suite, &key, 1, factors, sizeof factors / 8, &derived);
    secret_free(&derived);
    return err;
}

static enum kr_error warm_suite(const struct suite *suite)
{
    uint8_t block[BLOCK_MAX] = {0};
    const uint8_t iv[BLOCK_MAX] = {0};
    uint8_t mac[MAC_LEN];
    struct kcv kcv;
    struct secret *key = NULL;
    struct secret *derived = NULL;
    enum kr_error err = suite_random_key(suite, &key);
    if (!err)
        err = warm_threads(suite, key);
    if (!err)
        err = suite_diversify(suite, key, block, &derived);
    if (!err)
        err = suite_decrypt(suite, key, block, block, suite->block);
    if (!err)
        err = suite_mac(suite, key, iv, block, sizeof block, mac);
    if (!err)
        err = suite_kcv(suite, key, &kcv);
    secret_free(&derived);
    secret_free(&key);
    return err;
}

/* One block of each version, made and opened. */
static enum kr_error warm_blocks(void)
{
    struct key_block_head head = {'B', "K1", 'T', 'B', "00", 'E', '0'};
    struct secret *key = secret_new(16);
    struct secret *back = NULL;
    struct key_block b;
    char text[256];
    enum kr_error err = key ? KR_OK : KR_E_MEMORY;
    for (int i = 0; i < 2 && !err; i++) {
        head.version = i ? 'D' : 'B';
        err = key_block_wrap(key, &head, "", key, NULL, text, sizeof text);
        if (!err)
            err = key_block_unwrap(key, text, strlen(text), &b, &back);
        secret_free(&back);
    }
    secret_free(&key);
    return err;
}

enum kr_error vault_warm(void)
{
    const struct suite *suite;
    struct secret *some = secret_new(32);
    enum kr_error err = some ? random_bytes(some->bytes, some->len) : KR_E_MEMORY;
    if (!err)
        err = warm_digests();
    if (!err)
        err = warm_passphrase(some);
    if (!err)
        err = warm_seal(some);
    if (!err)
        err = warm_signature(some);
    if (!err)
        err = warm_box(some);
    for (size_t i = 0; !err && (suite = suite_at(i)); i++)
        err = warm_suite(suite);
    if (!err)
        err = warm_blocks();
    secret_free(&some);
    return err;
}
