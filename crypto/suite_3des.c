/*
 * Two-key Triple DES. Single DES (8-byte keys: session keys, line protection of old cards) is
 * computed as E(K) D(K) E(K), because OpenSSL 3 keeps single DES outside its default provider.
 */
#include "suite_row.h"

#include <pthread.h>
#include <string.h>

#define HALF ((size_t)8)

/* Looked up once: a look-up costs as much as some twenty blocks. */
static pthread_once_t ciphers_once = PTHREAD_ONCE_INIT;
static EVP_CIPHER *cipher_ecb;
static EVP_CIPHER *cipher_cbc;

static void ciphers_fetch(void)
{
    cipher_ecb = EVP_CIPHER_fetch(NULL, "DES-EDE", NULL);
    cipher_cbc = EVP_CIPHER_fetch(NULL, "DES-EDE-CBC", NULL);
}

static enum kr_error refused(void)
{
    return kr_fail(KR_E_CRYPTO, "3DES");
}

/* A context without padding for 16 key bytes; NULL on failure. iv NULL: ECB. */
static EVP_CIPHER_CTX *context_new(const uint8_t *key, const uint8_t *iv, int encrypting)
{
    EVP_CIPHER_CTX *context;

    pthread_once(&ciphers_once, ciphers_fetch);
    const EVP_CIPHER *cipher = iv ? cipher_cbc : cipher_ecb;
    context = cipher ? EVP_CIPHER_CTX_new() : NULL;
    if (context && EVP_CipherInit_ex2(context, cipher, key, iv, encrypting, NULL) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

static enum kr_error ecb(const struct secret *key, const uint8_t *in, uint8_t *out, size_t len,
                         int encrypting)
{
    EVP_CIPHER_CTX *context = context_new(key->bytes, NULL, encrypting);
    enum kr_error rc = KR_OK;

    if (!context || !cipher_update(context, in, out, len))
        rc = refused();
    EVP_CIPHER_CTX_free(context);
    return rc;
}

static enum kr_error des3_encrypt(const struct secret *key, const uint8_t *in, uint8_t *out,
                                  size_t len)
{
    return ecb(key, in, out, len, 1);
}

static enum kr_error des3_decrypt(const struct secret *key, const uint8_t *in, uint8_t *out,
                                  size_t len)
{
    return ecb(key, in, out, len, 0);
}

/* K || K: single DES for a two-key cipher. */
static struct secret *doubled(const uint8_t half[HALF])
{
    struct secret *both = secret_new(2 * HALF);

    if (both) {
        memcpy(both->bytes, half, HALF);
        memcpy(both->bytes + HALF, half, HALF);
    }
    return both;
}

enum kr_error des_encrypt_block(const struct secret *key8, const uint8_t in[8], uint8_t out[8])
{
    struct secret *both;
    enum kr_error rc;

    if (key8->len != HALF)
        return kr_fail(KR_E_KEY_LENGTH, "%zu", key8->len);
    both = doubled(key8->bytes);
    rc = both ? ecb(both, in, out, HALF, 1) : KR_E_MEMORY;
    secret_free(&both);
    return rc;
}

/*
 * Algorithm 3 decrypts the last block right and encrypts it left: together with the chain's own
 * last encryption that is one two-key Triple DES of the last block.
 */
static enum kr_error des3_mac(const struct secret *key, const uint8_t *iv, const uint8_t *data,
                              size_t len, uint8_t *full_block)
{
    struct secret *left = doubled(key->bytes);
    EVP_CIPHER_CTX *single = left ? context_new(left->bytes, iv, 1) : NULL;
    EVP_CIPHER_CTX *final = NULL;
    enum kr_error rc = KR_OK;
    uint8_t state[HALF];
    uint8_t block[HALF];

    memcpy(state, iv, HALF);
    mac_last_block(data, len, HALF, block);
    if (!single || !cipher_chain(single, data, len - len % HALF, HALF, state)) {
        rc = left ? refused() : KR_E_MEMORY;
    } else if (key->len == HALF) {
        rc = cipher_chain(single, block, HALF, HALF, full_block) ? KR_OK : refused();
    } else {
        final = context_new(key->bytes, state, 1);
        rc = final && cipher_chain(final, block, HALF, HALF, full_block) ? KR_OK : refused();
    }
    EVP_CIPHER_CTX_free(final);
    EVP_CIPHER_CTX_free(single);
    secret_free(&left);
    secret_wipe(state, sizeof state);
    return rc;
}

/* All in one pass: making the key schedule costs as much as deriving a key. */
static enum kr_error des3_diversify(const struct secret *key, const uint8_t *factors, size_t count,
                                    uint8_t *out)
{
    for (size_t i = 0; i < count; i++)
        factor_pair(factors + i * FACTOR_LEN, out + i * 2 * HALF);
    return ecb(key, out, out, count * 2 * HALF, 1);
}

/* cards.md section 7: eight zero bytes, the first three of the result. */
static enum kr_error des3_kcv(const struct secret *key, struct kcv *out)
{
    uint8_t block[HALF] = {0};
    enum kr_error rc = ecb(key, block, block, HALF, 1);

    return rc == KR_OK ? kcv_take(&suite_3des, block, out) : rc;
}

/* NIST SP 800-67 section 3.3.2: weak, then semi-weak in pairs. Parity bits are masked on comparing.
 */
static const uint8_t weak_halves[][HALF] = {
    {0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01},
    {0xFE, 0xFE, 0xFE, 0xFE, 0xFE, 0xFE, 0xFE, 0xFE},
    {0xE0, 0xE0, 0xE0, 0xE0, 0xF1, 0xF1, 0xF1, 0xF1},
    {0x1F, 0x1F, 0x1F, 0x1F, 0x0E, 0x0E, 0x0E, 0x0E},
    {0x01, 0x1F, 0x01, 0x1F, 0x01, 0x0E, 0x01, 0x0E},
    {0x1F, 0x01, 0x1F, 0x01, 0x0E, 0x01, 0x0E, 0x01},
    {0x01, 0xE0, 0x01, 0xE0, 0x01, 0xF1, 0x01, 0xF1},
    {0xE0, 0x01, 0xE0, 0x01, 0xF1, 0x01, 0xF1, 0x01},
    {0x01, 0xFE, 0x01, 0xFE, 0x01, 0xFE, 0x01, 0xFE},
    {0xFE, 0x01, 0xFE, 0x01, 0xFE, 0x01, 0xFE, 0x01},
    {0x1F, 0xE0, 0x1F, 0xE0, 0x0E, 0xF1, 0x0E, 0xF1},
    {0xE0, 0x1F, 0xE0, 0x1F, 0xF1, 0x0E, 0xF1, 0x0E},
    {0x1F, 0xFE, 0x1F, 0xFE, 0x0E, 0xFE, 0x0E, 0xFE},
    {0xFE, 0x1F, 0xFE, 0x1F, 0xFE, 0x0E, 0xFE, 0x0E},
    {0xE0, 0xFE, 0xE0, 0xFE, 0xF1, 0xFE, 0xF1, 0xFE},
    {0xFE, 0xE0, 0xFE, 0xE0, 0xFE, 0xF1, 0xFE, 0xF1},
};

/* Keys printed in manuals and delivered as defaults (cards.md section 7). */
static const struct known_key {
    const char *name;
    uint8_t bytes[2 * HALF];
} known_keys[] = {
    {"40..4F",
     {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E,
      0x4F}},
};

/* Time does not depend on where two values differ. */
static bool same_without_parity(const uint8_t *a, const uint8_t *b, size_t len)
{
    unsigned difference = 0;

    for (size_t i = 0; i < len; i++)
        difference |= (unsigned)(a[i] ^ b[i]) & 0xFEU;
    return difference == 0;
}

static bool half_is_weak(const uint8_t half[HALF])
{
    bool weak = false;

    for (size_t i = 0; i < sizeof weak_halves / sizeof weak_halves[0]; i++)
        weak |= same_without_parity(half, weak_halves[i], HALF);
    return weak;
}

static bool is_zero(const struct secret *key)
{
    unsigned any = 0;

    for (size_t i = 0; i < key->len; i++)
        any |= key->bytes[i];
    return any == 0;
}

static enum kr_error des3_check(const struct secret *key)
{
    const uint8_t *left = key->bytes;
    const uint8_t *right = key->bytes + HALF;

    if (is_zero(key))
        return KR_E_KEY_ZERO;
    if (half_is_weak(left) || half_is_weak(right))
        return kr_fail(KR_E_KEY_WEAK, "DES %d/2", half_is_weak(left) ? 1 : 2);
    for (size_t i = 0; i < sizeof known_keys / sizeof known_keys[0]; i++)
        if (same_without_parity(key->bytes, known_keys[i].bytes, 2 * HALF))
            return kr_fail(KR_E_KEY_WEAK, "%s", known_keys[i].name);
    if (same_without_parity(left, right, HALF))
        return KR_E_KEY_HALVES;
    return KR_OK;
}

static void des3_adjust(struct secret *key)
{
    for (size_t i = 0; i < key->len; i++) {
        unsigned bits = key->bytes[i] >> 1;
        bits ^= bits >> 4;
        bits ^= bits >> 2;
        bits ^= bits >> 1;
        key->bytes[i] = (uint8_t)((key->bytes[i] & 0xFEU) | (~bits & 1U));
    }
}

const struct suite suite_3des = {
    .id = "3des",
    .key_len = 2 * HALF,
    .session_key_len = HALF,
    .block = HALF,
    .kcv_len = 3,
    .kcv_algorithm = "3DES-ECB0",
    .encrypt = des3_encrypt,
    .decrypt = des3_decrypt,
    .mac = des3_mac,
    .diversify = des3_diversify,
    .kcv = des3_kcv,
    .check = des3_check,
    .adjust = des3_adjust,
};
