/* SHA-256, HMAC, text encodings of bytes, random bytes. */
#ifndef KEYRITE_CRYPTO_HASH_H
#define KEYRITE_CRYPTO_HASH_H

#include <stddef.h>
#include <stdint.h>
#include "error.h"

#define SHA256_LEN 32

enum kr_error sha256(const void *data, size_t len, uint8_t digest[32]);
/* Digest of a list of pieces, as if joined. */
struct piece {
    const void *bytes;
    size_t len;
};
enum kr_error sha256_pieces(const struct piece *pieces, size_t count, uint8_t digest[32]);
enum kr_error hmac_sha256(const uint8_t *key, size_t key_len, const void *data, size_t len,
                          uint8_t mac[32]);
/* For the page MACs of the database alone, whose format names it. */
enum kr_error hmac_sha1(const uint8_t *key, size_t key_len, const void *data, size_t len,
                        uint8_t mac[20]);
enum kr_error pbkdf2_sha1(const uint8_t *secret, size_t secret_len, const uint8_t *salt,
                          size_t salt_len, int rounds, uint8_t *out, size_t out_len);
enum kr_error hkdf_sha256(const uint8_t *key, size_t key_len, const char *label, uint8_t *out,
                          size_t out_len);

/* From OpenSSL's DRBG (seeded by getrandom). KR_E_RANDOM on failure: out is then all zero. */
enum kr_error random_bytes(uint8_t *out, size_t len);

/* Bytes of the character that text begins with; 0 when it is not well-formed UTF-8 (Unicode table
 * 3-7: nothing overlong, no surrogate, nothing beyond U+10FFFF), is cut off, or is a NUL. len is at
 * least 1. */
size_t utf8_character(const void *text, size_t len);

/* Hex: lower case, 2*len+1 bytes written with the NUL. */
void hex_encode(const uint8_t *bytes, size_t len, char *out);
/* Upper case, for people (KCVs, numbers). */
void hex_encode_upper(const uint8_t *bytes, size_t len, char *out);
/* Accepts both cases, no spaces; KR_E_ARGUMENT unless text is exactly 2*len digits. */
enum kr_error hex_decode(const char *text, uint8_t *out, size_t len);
/* RFC 4648 base64 with padding; out holds 4*ceil(len/3)+1 bytes. */
void base64_encode(const uint8_t *bytes, size_t len, char *out);
/* Strict (no whitespace, padding required, no stray bits); *out_len in: room, out: length. */
enum kr_error base64_decode(const char *text, size_t text_len, uint8_t *out, size_t *out_len);
/* RFC 4648 base32, upper case, without padding. */
void base32_encode(const uint8_t *bytes, size_t len, char *out);
/* RFC 9285 base45: what QR codes hold most densely; out holds 3*ceil(len/2)+1 bytes. */
void base45_encode(const uint8_t *bytes, size_t len, char *out);
/* *out_len: room, then bytes. KR_E_ARGUMENT when malformed. */
enum kr_error base45_decode(const char *text, size_t text_len, uint8_t *out, size_t *out_len);

#endif
