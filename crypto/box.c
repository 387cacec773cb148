/* A secret sealed to somebody who is not there: X25519 with a key drawn for this one box, HKDF over
 * the agreement and both public keys, AES-256-GCM. */
#include "seal.h"

#include <string.h>
#include <openssl/evp.h>
#include "hash.h"

#define POINT ((size_t)32)

static enum kr_error pair_from(const struct secret *private32, EVP_PKEY **pair)
{
    if (private32->len != POINT)
        return kr_fail(KR_E_KEY_LENGTH, "%zu", private32->len);
    *pair = EVP_PKEY_new_raw_private_key_ex(NULL, "X25519", NULL, private32->bytes, POINT);
    return *pair ? KR_OK : kr_fail(KR_E_CRYPTO, "X25519");
}

enum kr_error box_public(const struct secret *private32, uint8_t public_key[32])
{
    EVP_PKEY *pair = NULL;
    size_t len = POINT;
    enum kr_error rc = pair_from(private32, &pair);

    if (rc == KR_OK && EVP_PKEY_get_raw_public_key(pair, public_key, &len) != 1)
        rc = kr_fail(KR_E_CRYPTO, "X25519");
    EVP_PKEY_free(pair);
    return rc;
}

/* OpenSSL refuses a public key that would make the agreement all zeros. */
static enum kr_error agree(const struct secret *private32, const uint8_t other[32],
                           struct secret *agreed)
{
    EVP_PKEY *pair = NULL, *peer = NULL;
    EVP_PKEY_CTX *context = NULL;
    size_t len = POINT;
    enum kr_error rc = pair_from(private32, &pair);

    if (rc != KR_OK)
        return rc;
    peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, other, POINT);
    context = EVP_PKEY_CTX_new_from_pkey(NULL, pair, NULL);
    if (!peer || !context || EVP_PKEY_derive_init(context) != 1 ||
        EVP_PKEY_derive_set_peer(context, peer) != 1 ||
        EVP_PKEY_derive(context, agreed->bytes, &len) != 1 || len != POINT)
        rc = kr_fail(KR_E_CRYPTO, "X25519");
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(peer);
    EVP_PKEY_free(pair);
    return rc;
}

/* drawn and to are the two public keys, which X25519 alone would not bind. */
static enum kr_error box_key(const struct secret *private32, const uint8_t other[32],
                             const uint8_t drawn[32], const uint8_t to[32], struct secret **key)
{
    struct secret *agreed = secret_new(3 * POINT);

    *key = secret_new(POINT);
    enum kr_error rc = agreed && *key ? agree(private32, other, agreed) : KR_E_MEMORY;
    if (rc == KR_OK) {
        memcpy(agreed->bytes + POINT, drawn, POINT);
        memcpy(agreed->bytes + 2 * POINT, to, POINT);
        rc = hkdf_sha256(agreed->bytes, agreed->len, "keyrite box", (*key)->bytes, POINT);
    }
    if (rc != KR_OK)
        secret_free(key);
    secret_free(&agreed);
    return rc;
}

enum kr_error box_seal(const uint8_t to[32], const char *label, const uint8_t *plain, size_t len,
                       uint8_t *box)
{
    struct secret *drawn = secret_new(POINT);
    struct secret *key = NULL;
    enum kr_error rc = drawn ? random_bytes(drawn->bytes, POINT) : KR_E_MEMORY;

    if (rc == KR_OK)
        rc = box_public(drawn, box);
    if (rc == KR_OK)
        rc = box_key(drawn, to, box, to, &key);
    if (rc == KR_OK)
        rc = seal(key, label, plain, len, box + POINT);
    secret_free(&key);
    secret_free(&drawn);
    return rc;
}

enum kr_error box_open(const struct secret *private32, const char *label, const uint8_t *box,
                       size_t box_len, struct secret **plain)
{
    uint8_t to[POINT];
    struct secret *key = NULL;

    if (box_len < BOX_OVERHEAD)
        return kr_fail(KR_E_SEAL_BROKEN, "%s", label);
    enum kr_error rc = box_public(private32, to);
    if (rc == KR_OK)
        rc = box_key(private32, box, box, to, &key);
    if (rc == KR_E_CRYPTO) /* no public key that anybody drew */
        rc = kr_fail(KR_E_SEAL_BROKEN, "%s", label);
    if (rc == KR_OK)
        rc = unseal(key, label, box + POINT, box_len - POINT, plain);
    secret_free(&key);
    return rc;
}
