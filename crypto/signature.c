#include "seal.h"

#include <openssl/evp.h>

#define SEED_LEN      ((size_t)32)
#define PUBLIC_LEN    ((size_t)32)
#define SIGNATURE_LEN ((size_t)64)

static enum kr_error pair_from(const struct secret *seed, EVP_PKEY **pair)
{
    if (seed->len != SEED_LEN)
        return kr_fail(KR_E_KEY_LENGTH, "%zu", seed->len);
    *pair = EVP_PKEY_new_raw_private_key_ex(NULL, "ED25519", NULL, seed->bytes, SEED_LEN);
    return *pair ? KR_OK : kr_fail(KR_E_CRYPTO, "Ed25519");
}

enum kr_error sign_public(const struct secret *seed, uint8_t public_key[32])
{
    EVP_PKEY *pair = NULL;
    size_t len = PUBLIC_LEN;
    enum kr_error rc = pair_from(seed, &pair);

    if (rc == KR_OK && EVP_PKEY_get_raw_public_key(pair, public_key, &len) != 1)
        rc = kr_fail(KR_E_CRYPTO, "Ed25519");
    EVP_PKEY_free(pair);
    return rc;
}

enum kr_error sign_make(const struct secret *seed, const uint8_t *message, size_t len,
                        uint8_t sig[64])
{
    EVP_PKEY *pair = NULL;
    EVP_MD_CTX *context = NULL;
    size_t sig_len = SIGNATURE_LEN;
    enum kr_error rc = pair_from(seed, &pair);

    if (rc != KR_OK)
        return rc;
    context = EVP_MD_CTX_new();
    if (!context)
        rc = KR_E_MEMORY;
    else if (EVP_DigestSignInit(context, NULL, NULL, NULL, pair) != 1 ||
             EVP_DigestSign(context, sig, &sig_len, message, len) != 1 || sig_len != SIGNATURE_LEN)
        rc = kr_fail(KR_E_CRYPTO, "Ed25519");
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pair);
    return rc;
}

enum kr_error sign_verify(const uint8_t public_key[32], const uint8_t *message, size_t len,
                          const uint8_t sig[64])
{
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public_key, PUBLIC_LEN);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    enum kr_error rc = KR_OK;

    if (!context)
        rc = KR_E_MEMORY;
    else if (!key || EVP_DigestVerifyInit(context, NULL, NULL, NULL, key) != 1 ||
             EVP_DigestVerify(context, sig, SIGNATURE_LEN, message, len) != 1)
        rc = kr_fail(KR_E_SIGNATURE, "Ed25519");
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(key);
    return rc;
}
