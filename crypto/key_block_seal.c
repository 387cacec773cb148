/* Key blocks under their protection key: derivation of the two keys, MAC, encryption. */
#include "key_block.h"
#include "hash.h"

#include <stdio.h>
#include <string.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#define DERIVED_MAX ((size_t)32)
#define BLOCKS_16   ((size_t)16)

/* TR-31:2018 section 5.3.2: the cipher of a KBPK, and its number in what the two keys are derived
 * from. */
struct protection {
    size_t kbpk_len;
    size_t block;
    const char *cipher;
    char version;
    uint8_t algorithm;
};
static const struct protection protections[] = {
    {16, 8, "DES-EDE3-CBC", 'B', 0},        {24, 8, "DES-EDE3-CBC", 'B', 1},
    {16, BLOCKS_16, "AES-128-CBC", 'D', 2}, {24, BLOCKS_16, "AES-192-CBC", 'D', 3},
    {32, BLOCKS_16, "AES-256-CBC", 'D', 4},
};

/* The keys that one block is encrypted and signed under. */
struct block_keys {
    const struct protection *with;
    struct secret *encryption, *mac;
};

static enum kr_error refused(void)
{
    return kr_fail(KR_E_CRYPTO, "X9.143");
}

static enum kr_error protection_of(char version, const struct secret *kbpk,
                                   const struct protection **with)
{
    *with = NULL;
    for (size_t i = 0; i < sizeof protections / sizeof protections[0]; i++)
        if (protections[i].version == version && protections[i].kbpk_len == kbpk->len)
            *with = &protections[i];
    return *with ? KR_OK : kr_fail(KR_E_BLOCK_KBPK, "%c, %zu", version, 8 * kbpk->len);
}

/* A two-key Triple DES key as the library takes it: K1 K2 K1. */
static struct secret *library_key(const struct protection *with, const struct secret *key)
{
    bool two_keys = with->block == 8 && key->len == 16;
    struct secret *all = secret_new(two_keys ? 24 : key->len);

    if (all) {
        memcpy(all->bytes, key->bytes, key->len);
        if (two_keys)
            memcpy(all->bytes + 16, key->bytes, 8);
    }
    return all;
}

/* CMAC over two pieces; mac holds with->block bytes. */
static enum kr_error cmac(const struct protection *with, const struct secret *key,
                          const struct piece pieces[2], uint8_t *mac)
{
    struct secret *all = library_key(with, key);
    EVP_MAC *algorithm = EVP_MAC_fetch(NULL, "CMAC", NULL);
    EVP_MAC_CTX *context = algorithm ? EVP_MAC_CTX_new(algorithm) : NULL;
    const OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_CIPHER, (char *)with->cipher, 0),
        OSSL_PARAM_construct_end()};
    size_t len = 0;
    enum kr_error rc = all ? KR_OK : KR_E_MEMORY;

    if (rc == KR_OK && (!context || EVP_MAC_init(context, all->bytes, all->len, params) != 1 ||
                        EVP_MAC_update(context, pieces[0].bytes, pieces[0].len) != 1 ||
                        EVP_MAC_update(context, pieces[1].bytes, pieces[1].len) != 1 ||
                        EVP_MAC_final(context, mac, &len, with->block) != 1 || len != with->block))
        rc = refused();
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(algorithm);
    secret_free(&all);
    return rc;
}

enum block_key_use { FOR_ENCRYPTION, FOR_MAC };

/* counter 1 | use 2 | 00 | algorithm 2 | length in bits 2, once for each cipher block of the key.
 */
static enum kr_error derive(const struct protection *with, const struct secret *kbpk,
                            enum block_key_use use, struct secret **key)
{
    struct secret *all = secret_new(DERIVED_MAX);
    enum kr_error rc = all ? KR_OK : KR_E_MEMORY;
    uint8_t input[8] = {0, 0, (uint8_t)use, 0, 0, with->algorithm, 0, 0};
    const struct piece pieces[2] = {{input, sizeof input}, {"", 0}};

    input[6] = (uint8_t)(8 * kbpk->len >> 8);
    input[7] = (uint8_t)(8 * kbpk->len);
    for (size_t at = 0; rc == KR_OK && at < kbpk->len; at += with->block) {
        input[0]++;
        rc = cmac(with, kbpk, pieces, all->bytes + at);
    }
    *key = NULL;
    if (rc == KR_OK && !(*key = secret_from(all->bytes, kbpk->len)))
        rc = KR_E_MEMORY;
    secret_free(&all);
    return rc;
}

static void forget(struct block_keys *k)
{
    secret_free(&k->encryption);
    secret_free(&k->mac);
}

static enum kr_error derive_both(char version, const struct secret *kbpk, struct block_keys *k)
{
    enum kr_error rc = protection_of(version, kbpk, &k->with);

    if (rc == KR_OK)
        rc = derive(k->with, kbpk, FOR_ENCRYPTION, &k->encryption);
    if (rc == KR_OK)
        rc = derive(k->with, kbpk, FOR_MAC, &k->mac);
    return rc;
}

/* CBC of whole blocks, the MAC being the IV. */
static enum kr_error cbc(const struct block_keys *k, const uint8_t *iv, const uint8_t *in,
                         uint8_t *out, size_t len, int encrypting)
{
    struct secret *all = library_key(k->with, k->encryption);
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, k->with->cipher, NULL);
    EVP_CIPHER_CTX *context = cipher ? EVP_CIPHER_CTX_new() : NULL;
    int written = 0;
    enum kr_error rc = all ? KR_OK : KR_E_MEMORY;

    if (rc == KR_OK &&
        (!context || EVP_CipherInit_ex2(context, cipher, all->bytes, iv, encrypting, NULL) != 1 ||
         EVP_CIPHER_CTX_set_padding(context, 0) != 1 ||
         EVP_CipherUpdate(context, out, &written, in, (int)len) != 1 || (size_t)written != len))
        rc = refused();
    EVP_CIPHER_CTX_free(context);
    EVP_CIPHER_free(cipher);
    secret_free(&all);
    return rc;
}

static enum kr_error mac_of(const struct block_keys *k, const char *header, size_t header_len,
                            const struct secret *payload, uint8_t *mac)
{
    const struct piece pieces[2] = {{header, header_len}, {payload->bytes, payload->len}};

    return cmac(k->with, k->mac, pieces, mac);
}

/* ---- making ---- */

/* Length in bits 2 | key | what fills it up to whole cipher blocks. */
static enum kr_error payload_make(const struct protection *with, const struct secret *key,
                                  const uint8_t *pad, struct secret **payload)
{
    size_t used = 2 + key->len;
    size_t len = (used + with->block - 1) / with->block * with->block;
    struct secret *p = secret_new(len);
    enum kr_error rc = p ? KR_OK : KR_E_MEMORY;

    if (rc == KR_OK) {
        p->bytes[0] = (uint8_t)(8 * key->len >> 8);
        p->bytes[1] = (uint8_t)(8 * key->len);
        memcpy(p->bytes + 2, key->bytes, key->len);
        if (pad)
            memcpy(p->bytes + used, pad, len - used);
        else
            rc = random_bytes(p->bytes + used, len - used);
    }
    if (rc == KR_OK)
        *payload = p;
    else
        secret_free(&p);
    return rc;
}

static enum kr_error header_make(const struct key_block_head *h, const char *options, size_t len,
                                 char *out, size_t room)
{
    size_t count = key_block_count_options(options);

    if (len >= room || len > KEY_BLOCK_MAX || count > KEY_BLOCK_OPTIONS_MAX)
        return kr_fail(KR_E_TOO_LONG, "%zu", len);
    snprintf(out, room, "%c%04zu%.2s%c%c%.2s%c%02zu%c0%s", h->version, len, h->usage, h->algorithm,
             h->mode, h->key_version, h->exportability, count, h->context, options);
    return KR_OK;
}

enum kr_error key_block_wrap(const struct secret *kbpk, const struct key_block_head *head,
                             const char *options, const struct secret *key, const uint8_t *pad,
                             char *out, size_t room)
{
    struct block_keys k = {0};
    struct key_block made;
    struct secret *payload = NULL;
    uint8_t mac[BLOCKS_16];
    size_t header = KEY_BLOCK_HEAD + strlen(options), whole = 0;
    enum kr_error rc = derive_both(head->version, kbpk, &k);

    if (rc == KR_OK)
        rc = payload_make(k.with, key, pad, &payload);
    if (rc == KR_OK) {
        whole = header + 2 * (payload->len + k.with->block);
        rc = header_make(head, options, whole, out, room);
    }
    if (rc == KR_OK)
        rc = mac_of(&k, out, header, payload, mac);
    if (rc == KR_OK)
        rc = cbc(&k, mac, payload->bytes, payload->bytes, payload->len, 1);
    if (rc == KR_OK) {
        hex_encode_upper(payload->bytes, payload->len, out + header);
        hex_encode_upper(mac, k.with->block, out + header + 2 * payload->len);
        rc = key_block_read(out, whole, &made);
    }
    secret_free(&payload);
    forget(&k);
    return rc;
}

/* ---- opening ---- */

static enum kr_error payload_key(const struct secret *payload, struct secret **key)
{
    size_t bits = (size_t)payload->bytes[0] << 8 | payload->bytes[1];

    if (bits == 0 || bits % 8 != 0 || bits / 8 > payload->len - 2)
        return kr_fail(KR_E_BLOCK_LENGTH, "%zu", bits);
    *key = secret_from(payload->bytes + 2, bits / 8);
    return *key ? KR_OK : KR_E_MEMORY;
}

/* The text of bytes that key_block_read() has found to be hexadecimal. */
static enum kr_error bytes_at(const char *text, size_t at, uint8_t *out, size_t len)
{
    enum kr_error rc = KR_OK;

    for (size_t i = 0; i < len && rc == KR_OK; i++) {
        const char digits[3] = {text[at + 2 * i], text[at + 2 * i + 1], '\0'};
        rc = hex_decode(digits, out + i, 1);
    }
    return rc;
}

static enum kr_error open_payload(const struct block_keys *k, const char *text,
                                  const struct key_block *b, struct secret *payload)
{
    uint8_t mac[BLOCKS_16], expected[BLOCKS_16];
    enum kr_error rc = bytes_at(text, b->header_len, payload->bytes, payload->len);

    if (rc == KR_OK)
        rc = bytes_at(text, b->header_len + 2 * payload->len, mac, b->mac_len);
    if (rc == KR_OK)
        rc = cbc(k, mac, payload->bytes, payload->bytes, payload->len, 0);
    if (rc == KR_OK)
        rc = mac_of(k, text, b->header_len, payload, expected);
    if (rc == KR_OK && CRYPTO_memcmp(mac, expected, b->mac_len) != 0)
        rc = KR_E_BLOCK_MAC;
    return rc;
}

enum kr_error key_block_unwrap(const struct secret *kbpk, const char *text, size_t len,
                               struct key_block *block, struct secret **key)
{
    struct block_keys k = {0};
    struct secret *payload = NULL;
    enum kr_error rc = key_block_read(text, len, block);

    if (rc == KR_OK)
        rc = derive_both(block->head.version, kbpk, &k);
    if (rc == KR_OK && !(payload = secret_new(block->payload_len)))
        rc = KR_E_MEMORY;
    if (rc == KR_OK)
        rc = open_payload(&k, text, block, payload);
    if (rc == KR_OK)
        rc = payload_key(payload, key);
    secret_free(&payload);
    forget(&k);
    return rc;
}
