#include "seal.h"

#include <pthread.h>
#include <string.h>
#include <openssl/evp.h>
#include "hash.h"

#define KEY_LEN   ((size_t)32)
#define NONCE_LEN ((size_t)12)
#define TAG_LEN   ((size_t)16)

static pthread_once_t cipher_once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *cipher;

static void cipher_fetch(void)
{
    cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

/* A context that has taken key, nonce and label; NULL on failure. */
static EVP_CIPHER_CTX *context_new(const struct secret *key32, const char *label,
                                   const uint8_t *nonce, int sealing)
{
    size_t label_len = strlen(label);
    EVP_CIPHER_CTX *context;
    int taken = 0;

    pthread_once(&cipher_once, cipher_fetch);
    context = cipher && label_len <= INT32_MAX ? EVP_CIPHER_CTX_new() : NULL;
    if (context && EVP_CipherInit_ex2(context, cipher, key32->bytes, nonce, sealing, NULL) == 1 &&
        EVP_CipherUpdate(context, NULL, &taken, (const uint8_t *)label, (int)label_len) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

static int update(EVP_CIPHER_CTX *context, const uint8_t *in, uint8_t *out, size_t len)
{
    int written = 0;
    int more = 0;

    if (len > 0 && EVP_CipherUpdate(context, out, &written, in, (int)len) != 1)
        return 0;
    return EVP_CipherFinal_ex(context, out + written, &more) == 1;
}

static enum kr_error check_lengths(const struct secret *key32, size_t len)
{
    if (key32->len != KEY_LEN)
        return kr_fail(KR_E_KEY_LENGTH, "%zu", key32->len);
    if (len > INT32_MAX)
        return kr_fail(KR_E_TOO_LONG, "%zu", len);
    return KR_OK;
}

enum kr_error seal(const struct secret *key32, const char *label, const uint8_t *plain, size_t len,
                   uint8_t *blob)
{
    uint8_t *ciphertext = blob + NONCE_LEN;
    EVP_CIPHER_CTX *context = NULL;
    enum kr_error rc = check_lengths(key32, len);

    if (rc == KR_OK)
        rc = random_bytes(blob, NONCE_LEN);
    if (rc != KR_OK)
        return rc;
    context = context_new(key32, label, blob, 1);
    if (!context || !update(context, plain, ciphertext, len) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, (int)TAG_LEN, ciphertext + len) != 1)
        rc = kr_fail(KR_E_CRYPTO, "AES-256-GCM");
    EVP_CIPHER_CTX_free(context);
    return rc;
}

enum kr_error unseal(const struct secret *key32, const char *label, const uint8_t *blob,
                     size_t blob_len, struct secret **plain)
{
    size_t len = blob_len - SEAL_OVERHEAD;
    uint8_t tag[TAG_LEN];
    EVP_CIPHER_CTX *context = NULL;
    struct secret *opened = NULL;
    enum kr_error rc;

    if (blob_len < SEAL_OVERHEAD)
        return kr_fail(KR_E_SEAL_BROKEN, "%s", label);
    rc = check_lengths(key32, len);
    if (rc != KR_OK)
        return rc;
    opened = secret_new(len);
    if (!opened)
        return KR_E_MEMORY;
    context = context_new(key32, label, blob, 0);
    memcpy(tag, blob + blob_len - TAG_LEN, TAG_LEN);
    if (!context || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, (int)TAG_LEN, tag) != 1)
        rc = kr_fail(KR_E_CRYPTO, "AES-256-GCM");
    else if (!update(context, blob + NONCE_LEN, opened->bytes, len))
        rc = kr_fail(KR_E_SEAL_BROKEN, "%s", label);
    EVP_CIPHER_CTX_free(context);
    if (rc == KR_OK)
        *plain = opened;
    else
        secret_free(&opened);
    return rc;
}
