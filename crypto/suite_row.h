/*
 * The rows of the table of suites, and what they share (suite_chain.c). A new suite: its row here
 * and its line in suite.c. Rows may trust suite.c to have checked key lengths and whole blocks.
 */
#ifndef KEYRITE_CRYPTO_SUITE_ROW_H
#define KEYRITE_CRYPTO_SUITE_ROW_H

#include <openssl/evp.h>
#include "suite.h"

extern const struct suite suite_3des, suite_sm4, suite_aes128;

#define FACTOR_LEN ((size_t)8)

/* Whole blocks through a context; in and out may be the same. 1 when all went well, as OpenSSL says
 * it. */
int cipher_update(EVP_CIPHER_CTX *context, const uint8_t *in, uint8_t *out, size_t len);
/* Whole blocks through a chaining context of which only the last block is kept (unchanged when len
 * is 0). 1 when all went well. */
int cipher_chain(EVP_CIPHER_CTX *context, const uint8_t *data, size_t len, size_t block,
                 uint8_t *last);
/* ISO/IEC 9797-1 padding 2: the bytes that do not fill a block, then 80 00.. */
void mac_last_block(const uint8_t *data, size_t len, size_t block, uint8_t *last);
/* X || ~X: what every suite derives a key from. */
void factor_pair(const uint8_t factor[FACTOR_LEN], uint8_t pair[2 * FACTOR_LEN]);
/* The first bytes of what a check value is taken from, with the suite's label. */
enum kr_error kcv_take(const struct suite *s, const uint8_t *block, struct kcv *out);

#endif
