/*
 * Signature suites of the journal, through one interface: "ed25519" (RFC 8032, seal.h) and
 * "sm2-sm3" (GB/T 32918.2 over the curve of GB/T 32918.5, SM3 of GB/T 32905, user identity
 * 1234567812345678 as GM/T 0009 sets it where none is agreed on). Seeds are 32 bytes, signatures
 * 64: of SM2 the private key, big-endian, and r || s, each of 32 bytes.
 */
#ifndef KEYRITE_CRYPTO_SIGNATURE_SUITE_H
#define KEYRITE_CRYPTO_SIGNATURE_SUITE_H

#include "secret.h"

#define SIGNATURE_PUBLIC_MAX 64

struct signature_suite {
    const char *id;
    size_t public_len; /* 32; SM2: x || y, 64 */
    /* KR_E_KEY_LENGTH; KR_E_KEY_ZERO, KR_E_KEY_WEAK for a seed that is no private key of SM2. */
    enum kr_error (*public_of)(const struct secret *seed, uint8_t *public_key);
    enum kr_error (*make)(const struct secret *seed, const uint8_t *message, size_t len,
                          uint8_t sig[64]);
    /* KR_OK or KR_E_SIGNATURE. */
    enum kr_error (*verify)(const uint8_t *public_key, const uint8_t *message, size_t len,
                            const uint8_t sig[64]);
};
/* NULL when unknown. The rows are static. */
const struct signature_suite *signature_suite_by_id(const char *id);
/* A seed that is a private key of the suite; the caller's. KR_E_RANDOM. */
enum kr_error signature_seed(const struct signature_suite *s, struct secret **seed);

/* SM2 by itself, as seal.h has Ed25519. */
enum kr_error sm2_public(const struct secret *seed, uint8_t public_key[64]);
enum kr_error sm2_make(const struct secret *seed, const uint8_t *message, size_t len,
                       uint8_t sig[64]);
enum kr_error sm2_verify(const uint8_t public_key[64], const uint8_t *message, size_t len,
                         const uint8_t sig[64]);

#endif
