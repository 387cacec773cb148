/*
 * Algorithm suites of a centre, through one interface: two-key Triple DES ("3des"), SM4 ("sm4") and
 * AES-128 ("aes128"). All key bytes are struct secret of exactly suite->key_len bytes. What they
 * have in common and where they differ stands in docs/suites.md.
 * Sources: PBOC card specification part 5 (diversification, MAC), ISO/IEC 9797-1 algorithm 3
 * padding 2, GB/T 32907 (SM4), FIPS 197 and RFC 4493 (AES, CMAC), ANSI X9.24-1-2017 (check values
 * of AES), ../shared/domain/cards.md sections 3, 4, 7; vectors in cards.json.
 */
#ifndef KEYRITE_CRYPTO_SUITE_H
#define KEYRITE_CRYPTO_SUITE_H

#include "secret.h"

#define KCV_MAX   5
#define BLOCK_MAX 16
#define MAC_LEN   4

struct kcv {
    uint8_t bytes[KCV_MAX];
    size_t len;         /* bytes in use: 3 for 3des and sm4, 5 for aes128 */
    char algorithm[16]; /* "3DES-ECB0", shown with every value */
};

struct suite {
    const char *id;            /* "3des" */
    size_t key_len;            /* 16 */
    size_t session_key_len;    /* 8: shorter keys that mac also takes; 0 where there are none */
    size_t block;              /* 8, or 16 */
    size_t kcv_len;            /* 3, or 5 */
    const char *kcv_algorithm; /* "3DES-ECB0" */
    enum kr_error (*encrypt)(const struct secret *key, const uint8_t *in, uint8_t *out, size_t len);
    enum kr_error (*decrypt)(const struct secret *key, const uint8_t *in, uint8_t *out, size_t len);
    /* Pads itself (as suite_mac); full_block takes the whole last block. */
    enum kr_error (*mac)(const struct secret *key, const uint8_t *iv, const uint8_t *data,
                         size_t len, uint8_t *full_block);
    /* count keys of key_len bytes to out, which is secret memory. Called by several threads. */
    enum kr_error (*diversify)(const struct secret *key, const uint8_t *factors8, size_t count,
                               uint8_t *out);
    enum kr_error (*kcv)(const struct secret *key, struct kcv *out);
    enum kr_error (*check)(
        const struct secret *key);      /* zero, weak, semi-weak, equal halves, test keys */
    void (*adjust)(struct secret *key); /* odd parity where the suite has one */
};

/* NULL when unknown. The rows are static. */
const struct suite *suite_by_id(const char *id);
/* In the order in which people choose; NULL from the last on. */
const struct suite *suite_at(size_t index);

/* ECB over whole blocks; len a multiple of suite->block. */
enum kr_error suite_encrypt(const struct suite *s, const struct secret *key, const uint8_t *in,
                            uint8_t *out, size_t len);
enum kr_error suite_decrypt(const struct suite *s, const struct secret *key, const uint8_t *in,
                            uint8_t *out, size_t len);
/* IV of suite->block bytes, first 4 bytes of the result. 3des and sm4 pad 80 00.. always (ISO
 * 9797-1 method 2): a 3des key of 8 bytes gives DES-CBC, of 16 bytes ISO 9797-1 algorithm 3, an sm4
 * key CBC-MAC. aes128: CMAC. */
enum kr_error suite_mac(const struct suite *s, const struct secret *key, const uint8_t *iv,
                        const uint8_t *data, size_t len, uint8_t mac[MAC_LEN]);
/* 3des: DK = E(K, X) || E(K, ~X), no parity adjustment; sm4, aes128: DK = E(K, X || ~X). *out is
 * the caller's. */
enum kr_error suite_diversify(const struct suite *s, const struct secret *key,
                              const uint8_t factor[8], struct secret **out);
/* The same for a bulk file: by each of count factors of 8 bytes, under each of key_count keys;
 * together 1 to DIVERSIFY_MAX derived keys, which is what 64 KiB of the secure heap hold. On as
 * many cores as the process may use, once there is work enough for more than one (diversify.c).
 * *out holds those of the first key in the order of the factors, then those of the second.
 * KR_E_ARGUMENT, KR_E_MEMORY when the secure heap is full. */
#define DIVERSIFY_MAX 4095
enum kr_error suite_diversify_many(const struct suite *s, const struct secret *const *keys,
                                   size_t key_count, const uint8_t *factors8, size_t count,
                                   struct secret **out);
/* One level after the other: each factor of 8 bytes diversifies what came of the one before; levels
 * 0 gives a copy of the key. */
enum kr_error suite_diversify_down(const struct suite *s, const struct secret *key,
                                   const uint8_t *factors8, size_t levels, struct secret **out);
enum kr_error suite_kcv(const struct suite *s, const struct secret *key, struct kcv *out);
/* KR_OK, or KR_E_KEY_LENGTH, KR_E_KEY_ZERO, KR_E_KEY_WEAK, KR_E_KEY_HALVES. */
enum kr_error suite_check_key(const struct suite *s, const struct secret *key);
/* A single block under a single-DES or session key held as 8 bytes (E = two-key 3DES, equal
 * halves). */
enum kr_error des_encrypt_block(const struct secret *key8, const uint8_t in[8], uint8_t out[8]);

/* Fresh key from random_bytes(), parity adjusted, weak values drawn again. */
enum kr_error suite_random_key(const struct suite *s, struct secret **out);

/* Equal bytes, length and (where both name one) algorithm, neither empty nor all zero: a missing
 * KCV is a failure, never success. */
bool kcv_equal(const struct kcv *a, const struct kcv *b);
/* "3A 91 0C" (grouped for people); out 16 bytes. */
void kcv_text(const struct kcv *k, char out[16]);
/* Reads "3A910C" or "3A 91 0C"; len (2 to KCV_MAX bytes) from the text, algorithm from the suite.
 * KR_E_KCV_TEXT; what was typed is not repeated in the detail, it might be a component. */
enum kr_error kcv_parse(const struct suite *s, const char *text, struct kcv *out);

#endif
