/*
 * The suites whose cipher has blocks of 16 bytes and keys of as many: SM4 (GB/T 32907) and AES-128
 * (FIPS 197). They differ in the MAC: SM4 as ISO/IEC 9797-1 algorithm 1 with padding 2 (CBC-MAC,
 * the way of PBOC 3.0), AES as CMAC (RFC 4493, ISO/IEC 9797-1 algorithm 5); both begin from the IV,
 * which for CMAC is the standard's own when it is zero.
 */
#include "suite_row.h"

#include <pthread.h>
#include <string.h>
#include <openssl/crypto.h>

#define LEN ((size_t)16) /* of a block and of a key */

/* Looked up once: a look-up costs as much as some hundred blocks. */
struct cipher {
    const char *ecb_name, *cbc_name;
    EVP_CIPHER *ecb, *cbc;
};
static struct cipher sm4 = {.ecb_name = "SM4-ECB", .cbc_name = "SM4-CBC"};
static struct cipher aes = {.ecb_name = "AES-128-ECB", .cbc_name = "AES-128-CBC"};
static pthread_once_t ciphers_once = PTHREAD_ONCE_INIT;

static void ciphers_fetch(void)
{
    struct cipher *const all[] = {&sm4, &aes};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        all[i]->ecb = EVP_CIPHER_fetch(NULL, all[i]->ecb_name, NULL);
        all[i]->cbc = EVP_CIPHER_fetch(NULL, all[i]->cbc_name, NULL);
    }
}

static enum kr_error refused(const struct cipher *cipher)
{
    return kr_fail(KR_E_CRYPTO, "%s", cipher->ecb_name);
}

/* A context without padding; NULL on failure. iv NULL: ECB. */
static EVP_CIPHER_CTX *context_new(const struct cipher *cipher, const struct secret *key,
                                   const uint8_t *iv, int encrypting)
{
    EVP_CIPHER_CTX *context;

    pthread_once(&ciphers_once, ciphers_fetch);
    const EVP_CIPHER *mode = iv ? cipher->cbc : cipher->ecb;
    context = mode ? EVP_CIPHER_CTX_new() : NULL;
    if (context && EVP_CipherInit_ex2(context, mode, key->bytes, iv, encrypting, NULL) == 1 &&
        EVP_CIPHER_CTX_set_padding(context, 0) == 1)
        return context;
    EVP_CIPHER_CTX_free(context);
    return NULL;
}

static enum kr_error ecb(const struct cipher *cipher, const struct secret *key, const uint8_t *in,
                         uint8_t *out, size_t len, int encrypting)
{
    EVP_CIPHER_CTX *context = context_new(cipher, key, NULL, encrypting);
    enum kr_error rc = KR_OK;

    if (!context || !cipher_update(context, in, out, len))
        rc = refused(cipher);
    EVP_CIPHER_CTX_free(context);
    return rc;
}

/* X || ~X is one block, and its encryption the derived key. */
static enum kr_error diversify(const struct cipher *cipher, const struct secret *key,
                               const uint8_t *factors, size_t count, uint8_t *out)
{
    for (size_t i = 0; i < count; i++)
        factor_pair(factors + i * FACTOR_LEN, out + i * LEN);
    return ecb(cipher, key, out, out, count * LEN, 1);
}

/* ---- MACs ---- */

/* One step of RFC 4493's key derivation: times x in GF(2^128). */
static void double_block(uint8_t block[LEN])
{
    unsigned carry = 0;

    for (size_t i = LEN; i-- > 0;) {
        unsigned v = (unsigned)block[i] << 1 | carry;
        block[i] = (uint8_t)v;
        carry = v >> 8;
    }
    block[LEN - 1] ^= (uint8_t)(0x87U * carry);
}

/* How many whole blocks come before the last one, which CMAC treats apart even when it is full. */
static size_t before_last(size_t len)
{
    return len == 0 ? 0 : (len - 1) / LEN * LEN;
}

static enum kr_error cmac_last(const struct cipher *cipher, const struct secret *key,
                               const uint8_t *data, size_t len, uint8_t block[LEN])
{
    struct secret *subkey = secret_new(LEN);
    enum kr_error rc =
        subkey ? ecb(cipher, key, subkey->bytes, subkey->bytes, LEN, 1) : KR_E_MEMORY;

    memset(block, 0, LEN);
    if (len > 0)
        memcpy(block, data, len);
    if (rc == KR_OK) {
        double_block(subkey->bytes);
        if (len < LEN) {
            block[len] = 0x80;
            double_block(subkey->bytes);
        }
        for (size_t i = 0; i < LEN; i++)
            block[i] ^= subkey->bytes[i];
    }
    secret_free(&subkey);
    return rc;
}

/* Whole blocks of data, then the last one, chained from the IV. */
static enum kr_error chained(const struct cipher *cipher, const struct secret *key,
                             const uint8_t *iv, const uint8_t *data, size_t whole,
                             const uint8_t last[LEN], uint8_t *full_block)
{
    EVP_CIPHER_CTX *context = context_new(cipher, key, iv, 1);
    enum kr_error rc = KR_OK;

    if (!context || !cipher_chain(context, data, whole, LEN, full_block) ||
        !cipher_chain(context, last, LEN, LEN, full_block))
        rc = refused(cipher);
    EVP_CIPHER_CTX_free(context);
    return rc;
}

static enum kr_error cmac(const struct cipher *cipher, const struct secret *key, const uint8_t *iv,
                          const uint8_t *data, size_t len, uint8_t *full_block)
{
    uint8_t last[LEN];
    size_t whole = before_last(len);
    enum kr_error rc = cmac_last(cipher, key, data + whole, len - whole, last);

    if (rc == KR_OK)
        rc = chained(cipher, key, iv, data, whole, last, full_block);
    secret_wipe(last, sizeof last);
    return rc;
}

/* ---- keys ---- */

/* Printed in the standards and in manuals, and delivered as defaults (cards.md section 7). */
static const struct known_key {
    const char *name;
    uint8_t bytes[LEN];
} known_keys[] = {
    {"40..4F",
     {0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E,
      0x4F}},
    {"GB/T 32907",
     {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0xFE, 0xDC, 0xBA, 0x98, 0x76, 0x54, 0x32,
      0x10}},
    {"FIPS 197 A.1",
     {0x2B, 0x7E, 0x15, 0x16, 0x28, 0xAE, 0xD2, 0xA6, 0xAB, 0xF7, 0x15, 0x88, 0x09, 0xCF, 0x4F,
      0x3C}},
    {"FIPS 197 C.1",
     {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E,
      0x0F}},
};

/* Neither cipher has weak keys; one byte sixteen times over is what somebody types in haste. */
static enum kr_error check(const struct secret *key)
{
    unsigned same = 0, halves = 0;

    for (size_t i = 0; i < LEN; i++) {
        same |= (unsigned)(key->bytes[i] ^ key->bytes[0]);
        halves |= (unsigned)(key->bytes[i] ^ key->bytes[(i + LEN / 2) % LEN]);
    }
    if (same == 0)
        return key->bytes[0] == 0 ? KR_E_KEY_ZERO : kr_fail(KR_E_KEY_WEAK, "XX..XX");
    for (size_t i = 0; i < sizeof known_keys / sizeof known_keys[0]; i++)
        if (CRYPTO_memcmp(key->bytes, known_keys[i].bytes, LEN) == 0)
            return kr_fail(KR_E_KEY_WEAK, "%s", known_keys[i].name);
    return halves == 0 ? KR_E_KEY_HALVES : KR_OK;
}

static void no_parity(struct secret *key)
{
    (void)key;
}

/* ---- the rows ---- */

static enum kr_error sm4_encrypt(const struct secret *key, const uint8_t *in, uint8_t *out,
                                 size_t len)
{
    return ecb(&sm4, key, in, out, len, 1);
}

static enum kr_error sm4_decrypt(const struct secret *key, const uint8_t *in, uint8_t *out,
                                 size_t len)
{
    return ecb(&sm4, key, in, out, len, 0);
}

static enum kr_error sm4_mac(const struct secret *key, const uint8_t *iv, const uint8_t *data,
                             size_t len, uint8_t *full_block)
{
    uint8_t last[LEN];

    mac_last_block(data, len, LEN, last);
    return chained(&sm4, key, iv, data, len - len % LEN, last, full_block);
}

static enum kr_error sm4_diversify(const struct secret *key, const uint8_t *factors, size_t count,
                                   uint8_t *out)
{
    return diversify(&sm4, key, factors, count, out);
}

/* No convention is settled (cards.md section 7): that of 3DES, labelled. */
static enum kr_error sm4_kcv(const struct secret *key, struct kcv *out)
{
    uint8_t block[LEN] = {0};
    enum kr_error rc = ecb(&sm4, key, block, block, LEN, 1);

    return rc == KR_OK ? kcv_take(&suite_sm4, block, out) : rc;
}

static enum kr_error aes_encrypt(const struct secret *key, const uint8_t *in, uint8_t *out,
                                 size_t len)
{
    return ecb(&aes, key, in, out, len, 1);
}

static enum kr_error aes_decrypt(const struct secret *key, const uint8_t *in, uint8_t *out,
                                 size_t len)
{
    return ecb(&aes, key, in, out, len, 0);
}

static enum kr_error aes_mac(const struct secret *key, const uint8_t *iv, const uint8_t *data,
                             size_t len, uint8_t *full_block)
{
    return cmac(&aes, key, iv, data, len, full_block);
}

static enum kr_error aes_diversify(const struct secret *key, const uint8_t *factors, size_t count,
                                   uint8_t *out)
{
    return diversify(&aes, key, factors, count, out);
}

/* ANSI X9.24-1-2017 Annex A, PCI PIN requirement 15-1: for AES CMAC alone, at most five bytes. */
static enum kr_error aes_kcv(const struct secret *key, struct kcv *out)
{
    static const uint8_t zero[LEN];
    uint8_t block[LEN];
    enum kr_error rc = cmac(&aes, key, zero, zero, LEN, block);

    return rc == KR_OK ? kcv_take(&suite_aes128, block, out) : rc;
}

const struct suite suite_sm4 = {
    .id = "sm4",
    .key_len = LEN,
    .block = LEN,
    .kcv_len = 3,
    .kcv_algorithm = "SM4-ECB0",
    .encrypt = sm4_encrypt,
    .decrypt = sm4_decrypt,
    .mac = sm4_mac,
    .diversify = sm4_diversify,
    .kcv = sm4_kcv,
    .check = check,
    .adjust = no_parity,
};

const struct suite suite_aes128 = {
    .id = "aes128",
    .key_len = LEN,
    .block = LEN,
    .kcv_len = 5,
    .kcv_algorithm = "AES-CMAC0",
    .encrypt = aes_encrypt,
    .decrypt = aes_decrypt,
    .mac = aes_mac,
    .diversify = aes_diversify,
    .kcv = aes_kcv,
    .check = check,
    .adjust = no_parity,
};
