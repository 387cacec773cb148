/* Sealing of stored material, passphrases, shares of a secret, signatures. */
#ifndef KEYRITE_CRYPTO_SEAL_H
#define KEYRITE_CRYPTO_SEAL_H

#include "secret.h"

/* AES-256-GCM: blob = nonce 12 (random) || ciphertext || tag 16. label is the additional data. */
#define SEAL_OVERHEAD 28
enum kr_error seal(const struct secret *key32, const char *label, const uint8_t *plain, size_t len,
                   uint8_t *blob /* len + SEAL_OVERHEAD */);
/* KR_E_SEAL_BROKEN when it does not open. *plain is the caller's. */
enum kr_error unseal(const struct secret *key32, const char *label, const uint8_t *blob,
                     size_t blob_len, struct secret **plain);

/* To somebody who is not there: X25519 (RFC 7748) with a key pair drawn for this one box.
 * box = its public key 32 || seal() under HKDF-SHA256 of (agreement || that public key || to),
 * label "keyrite box". Anybody can make one: who made it has to be shown by other means. */
#define BOX_OVERHEAD (32 + SEAL_OVERHEAD)
/* private32 is 32 random bytes. */
enum kr_error box_public(const struct secret *private32, uint8_t public_key[32]);
enum kr_error box_seal(const uint8_t to[32], const char *label, const uint8_t *plain, size_t len,
                       uint8_t *box /* len + BOX_OVERHEAD */);
/* KR_E_SEAL_BROKEN when it does not open. *plain is the caller's. */
enum kr_error box_open(const struct secret *private32, const char *label, const uint8_t *box,
                       size_t box_len, struct secret **plain);

/* Argon2id (RFC 9106), version 0x13, through libargon2. */
struct kdf_cost {
    uint32_t memory_kib; /* 262144 in production */
    uint32_t passes;     /* 3 */
    uint32_t lanes;      /* 2 */
};
extern const struct kdf_cost kdf_production; /* 256 MiB, 3, 2 */
extern const struct kdf_cost kdf_rehearsal;  /* 19 MiB, 2, 1: throw-away stores only */
/* 64 KiB, 1, 1: throw-away stores whose passphrases stand in a file in clear anyway. */
extern const struct kdf_cost kdf_scripted;
enum kr_error kdf_derive(const struct secret *passphrase, const uint8_t salt[16],
                         const struct kdf_cost *cost, struct secret **key32);

/* Shamir's scheme over GF(2^8) (polynomial 0x11B), byte by byte; share index 1..255.
 * shares has n places, filled with the shares of index 1..n, which the caller frees (NULL after a
 * failure). KR_E_ARGUMENT, shares untouched, unless 2 <= k <= n <= 255: one share alone never opens
 * anything. */
enum kr_error shares_split(const struct secret *secret, unsigned k, unsigned n,
                           struct secret **shares);
/* count >= k shares with their indices; KR_E_SHARES for fewer than 2, a repeated or zero index,
 * unequal lengths. Too few or altered shares give another secret, not an error: whoever uses it
 * finds out. */
enum kr_error shares_join(const struct secret *const *shares, const uint8_t *indices, size_t count,
                          struct secret **secret);

/* Ed25519 (RFC 8032). seed is 32 bytes. */
enum kr_error sign_public(const struct secret *seed, uint8_t public_key[32]);
enum kr_error sign_make(const struct secret *seed, const uint8_t *message, size_t len,
                        uint8_t sig[64]);
/* KR_OK or KR_E_SIGNATURE. */
enum kr_error sign_verify(const uint8_t public_key[32], const uint8_t *message, size_t len,
                          const uint8_t sig[64]);
/* The same for many signatures by one key, which is made ready once. One thread at a time. */
struct sign_checker;
enum kr_error sign_checker_make(const uint8_t public_key[32], struct sign_checker **checker);
enum kr_error sign_check(struct sign_checker *checker, const uint8_t *message, size_t len,
                         const uint8_t sig[64]);
/* Sets *checker to NULL. NULL is fine. */
void sign_checker_free(struct sign_checker **checker);

#endif
