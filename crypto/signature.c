#include "seal.h"

#include <stdlib.h>
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

struct sign_checker {
    EVP_PKEY *key;
    EVP_MD_CTX *context;
};

enum kr_error sign_checker_make(const uint8_t public_key[32], struct sign_checker **checker)
{
    struct sign_checker *c = calloc(1, sizeof *c);
    enum kr_error rc = KR_OK;

    *checker = NULL;
    if (!c)
        return KR_E_MEMORY;
    c->key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, public_key, PUBLIC_LEN);
    c->context = EVP_MD_CTX_new();
    if (!c->context)
        rc = KR_E_MEMORY;
    else if (!c->key)
        rc = kr_fail(KR_E_CRYPTO, "Ed25519");
    if (rc == KR_OK)
        *checker = c;
    else
        sign_checker_free(&c);
    return rc;
}

enum kr_error sign_check(struct sign_checker *c, const uint8_t *message, size_t len,
                         const uint8_t sig[64])
{
    /* Begun anew each time: OpenSSL 3.5 takes a context that has verified once as finished. */
    if (EVP_DigestVerifyInit(c->context, NULL, NULL, NULL, c->key) != 1)
        return kr_fail(KR_E_CRYPTO, "Ed25519");
    if (EVP_DigestVerify(c->context, sig, SIGNATURE_LEN, message, len) != 1)
        return kr_fail(KR_E_SIGNATURE, "Ed25519");
    return KR_OK;
}

void sign_checker_free(struct sign_checker **checker)
{
    struct sign_checker *c = *checker;

    if (!c)
        return;
    EVP_MD_CTX_free(c->context);
    EVP_PKEY_free(c->key);
    free(c);
    *checker = NULL;
}

enum kr_error sign_verify(const uint8_t public_key[32], const uint8_t *message, size_t len,
                          const uint8_t sig[64])
{
    struct sign_checker *checker = NULL;
    enum kr_error rc = sign_checker_make(public_key, &checker);

    if (rc == KR_OK)
        rc = sign_check(checker, message, len, sig);
    sign_checker_free(&checker);
    return rc;
}
