#include "hash.h"

#include <pthread.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

/* Looked up once: a look-up costs more than hashing a journal entry. */
static pthread_once_t sha256_once = PTHREAD_ONCE_INIT;
static EVP_MD *sha256_method;

static void sha256_fetch(void)
{
    sha256_method = EVP_MD_fetch(NULL, "SHA2-256", NULL);
}

enum kr_error sha256_pieces(const struct piece *pieces, size_t count, uint8_t digest[32])
{
    enum kr_error rc = KR_OK;
    EVP_MD_CTX *context;

    pthread_once(&sha256_once, sha256_fetch);
    context = EVP_MD_CTX_new();
    if (!context)
        return KR_E_MEMORY;
    int good = sha256_method && EVP_DigestInit_ex2(context, sha256_method, NULL) == 1;
    for (size_t i = 0; good && i < count; i++)
        good = EVP_DigestUpdate(context, pieces[i].bytes, pieces[i].len) == 1;
    if (!good || EVP_DigestFinal_ex(context, digest, NULL) != 1)
        rc = kr_fail(KR_E_CRYPTO, "SHA-256");
    EVP_MD_CTX_free(context);
    return rc;
}

enum kr_error sha256(const void *data, size_t len, uint8_t digest[32])
{
    struct piece whole = {data, len};

    return sha256_pieces(&whole, 1, digest);
}

static enum kr_error hmac(const EVP_MD *digest, const uint8_t *key, size_t key_len,
                          const void *data, size_t len, uint8_t *mac)
{
    static const uint8_t nothing[1];

    if (key_len > INT32_MAX)
        return kr_fail(KR_E_TOO_LONG, "HMAC key");
    if (!HMAC(digest, key_len ? key : nothing, (int)key_len, len ? data : nothing, len, mac, NULL))
        return kr_fail(KR_E_CRYPTO, "HMAC");
    return KR_OK;
}

enum kr_error hmac_sha256(const uint8_t *key, size_t key_len, const void *data, size_t len,
                          uint8_t mac[32])
{
    return hmac(EVP_sha256(), key, key_len, data, len, mac);
}

enum kr_error hmac_sha1(const uint8_t *key, size_t key_len, const void *data, size_t len,
                        uint8_t mac[20])
{
    return hmac(EVP_sha1(), key, key_len, data, len, mac);
}

enum kr_error pbkdf2_sha1(const uint8_t *secret, size_t secret_len, const uint8_t *salt,
                          size_t salt_len, int rounds, uint8_t *out, size_t out_len)
{
    if (secret_len > INT32_MAX || salt_len > INT32_MAX || out_len > INT32_MAX)
        return kr_fail(KR_E_TOO_LONG, "PBKDF2");
    return PKCS5_PBKDF2_HMAC_SHA1((const char *)secret, (int)secret_len, salt, (int)salt_len,
                                  rounds, (int)out_len, out) == 1
               ? KR_OK
               : kr_fail(KR_E_CRYPTO, "PBKDF2");
}

enum kr_error hkdf_sha256(const uint8_t *key, size_t key_len, const char *label, uint8_t *out,
                          size_t out_len)
{
    EVP_KDF *method = EVP_KDF_fetch(NULL, "HKDF", NULL);
    EVP_KDF_CTX *context = method ? EVP_KDF_CTX_new(method) : NULL;
    char digest[] = "SHA2-256";
    /* The parameters are read only; the library's interface merely lacks the const. */
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)key, key_len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)label,
                                          strlen(label)),
        OSSL_PARAM_construct_end(),
    };
    enum kr_error rc = KR_OK;

    if (!context || EVP_KDF_derive(context, out, out_len, parameters) != 1)
        rc = kr_fail(KR_E_CRYPTO, "HKDF");
    EVP_KDF_CTX_free(context);
    EVP_KDF_free(method);
    return rc;
}

enum kr_error random_bytes(uint8_t *out, size_t len)
{
    if (len > INT32_MAX || RAND_priv_bytes(out, (int)len) != 1) {
        memset(out, 0, len);
        return KR_E_RANDOM;
    }
    return KR_OK;
}
